"""The PostgreSQL, Valkey and mail sink of one machine, for when no URL names a real one."""
