"""What people say of videos."""
