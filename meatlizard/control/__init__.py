"""What operators change while the site runs: maintenance at every door, settings, services, announcements, the queue, accounts."""
