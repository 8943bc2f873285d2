-- The newest mails that nobody knows the owner of.
SELECT id FROM mail_inboundmail WHERE state = %(inbound_stray)s ORDER BY id DESC LIMIT 1000
