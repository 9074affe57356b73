# No rules of the system: the port says all that is done.
