"""Alerts: rules over what is measured, told to operators once when something begins and once when it is over."""
