-- Whoever holds these batches lives: their leases begin anew. One that ran out stays over: the
-- sweep may be looking at it. Rows that are just being completed need none. Answers whose are new.
WITH kept AS (
  SELECT id FROM mail_outbox
  WHERE state = %(inflight)s AND lease_until >= now()
    AND lease_token = ANY(%(tokens)s::uuid[])
  FOR UPDATE SKIP LOCKED
),
renewed AS (
  UPDATE mail_outbox o SET lease_until = now() + %(lease)s FROM kept WHERE o.id = kept.id
  RETURNING o.lease_token
)
SELECT DISTINCT lease_token FROM renewed
