-- The mail server cannot be used: nobody claims for a while, half as long as it is in trouble by now
-- (1 s … 30 s). What several threads meet at once is one failure.
INSERT INTO mail_relay AS r (name, problem, failing_since, failures, resting_until)
VALUES (%(name)s, %(problem)s, now(), 1, now() + interval '1 second')
ON CONFLICT (name) DO UPDATE SET problem = EXCLUDED.problem,
  failing_since = coalesce(r.failing_since, now()), failures = r.failures + 1,
  resting_until = now() + least(interval '30 seconds',
    greatest(interval '1 second', (now() - coalesce(r.failing_since, now())) / 2))
WHERE r.resting_until IS NULL OR r.resting_until <= now()
