"""Mail by BCC: received, read and filed."""
