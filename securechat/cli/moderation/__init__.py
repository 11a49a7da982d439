"""Order in the chat: channels, bans, restraints, reports and the audit log."""
