-- Mails that stand at the door for a while; after five tries one goes into quarantine.
UPDATE mail_inboundmail SET tries = tries + 1
WHERE id IN (SELECT id FROM mail_inboundmail
             WHERE state = %(inbound_waiting)s AND at < now() - interval '10 seconds'
             ORDER BY tries, id LIMIT 100 FOR UPDATE SKIP LOCKED)
RETURNING id, site_id, about_id IS NULL
