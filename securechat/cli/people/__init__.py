"""Who may come in: accounts, invitations, their devices, second factors and sessions."""
