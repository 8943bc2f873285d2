-- Whether it is worth a connection: something is due in the lane, and no server rests.
SELECT EXISTS (SELECT 1 FROM mail_outbox o
  WHERE o.lane = %(lane)s AND o.state IN (%(ready)s, %(retry)s) AND o.not_before <= now())
  AND NOT EXISTS (SELECT 1 FROM mail_relay r WHERE r.resting_until > now())
