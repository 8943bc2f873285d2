-- Committed before the first byte of DATA: after a crash we know which mails may have left.
-- Answers the rows that still are ours; the whole batch keeps its lease.
WITH kept AS (
  UPDATE mail_outbox SET lease_until = now() + %(lease)s
  WHERE id = ANY(%(waiting)s) AND lease_token = %(token)s::uuid AND state = %(claimed)s
)
UPDATE mail_outbox SET state = %(inflight)s, lease_until = now() + %(lease)s
WHERE id = ANY(%(ids)s) AND lease_token = %(token)s::uuid AND state = %(claimed)s
RETURNING id
