"""As whom one chats: profiles, passwords, logging in, making an account by an invitation."""
