-- The mail server cannot be reached: nobody claims for a while, longer each time (5 s … 60 s).
INSERT INTO mail_relay AS r (name, problem, failing_since, failures, resting_until)
VALUES (%(name)s, %(problem)s, now(), 1, now() + interval '5 seconds')
ON CONFLICT (name) DO UPDATE SET problem = EXCLUDED.problem,
  failing_since = coalesce(r.failing_since, now()), failures = r.failures + 1,
  resting_until = now() + make_interval(secs => least(60, 5 * 2 ^ least(r.failures, 4)))
