-- A claim whose answer never came: if it was committed, its rows are ready again at once.
UPDATE mail_outbox SET state = %(ready)s, attempts = attempts - 1, lease_token = NULL,
  lease_until = NULL
WHERE state = %(inflight)s AND lease_token = %(token)s::uuid
