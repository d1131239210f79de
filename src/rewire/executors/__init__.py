"""Who trains: processes of this computer, clusters, queues; and what becomes of lost work."""
