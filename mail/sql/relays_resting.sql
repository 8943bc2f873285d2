-- Servers that nobody should talk to now.
SELECT name FROM mail_relay WHERE name = ANY(%(relays)s) AND resting_until > now()
