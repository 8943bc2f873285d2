-- The mail server cannot be used: nobody claims for a while, longer each time (2 s … 30 s). What
-- several threads meet at once is one failure.
INSERT INTO mail_relay AS r (name, problem, failing_since, failures, resting_until)
VALUES (%(name)s, %(problem)s, now(), 1, now() + interval '2 seconds')
ON CONFLICT (name) DO UPDATE SET problem = EXCLUDED.problem,
  failing_since = coalesce(r.failing_since, now()), failures = r.failures + 1,
  resting_until = now() + make_interval(secs => least(30, 2 * 2 ^ least(r.failures, 4)))
WHERE r.resting_until IS NULL OR r.resting_until <= now()
