-- Mails that stand at the door for a while; each is taken at most five times.
UPDATE mail_inboundmail SET tries = tries + 1
WHERE id IN (SELECT id FROM mail_inboundmail WHERE tries < 5 AND at < now() - interval '10 seconds'
             ORDER BY tries, id LIMIT 100 FOR UPDATE SKIP LOCKED)
RETURNING id, site_id
