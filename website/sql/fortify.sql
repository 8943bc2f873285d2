-- A testimonial points only to a consent to its own present words that still holds (P5.6):
-- whoever changes the words, or withdraws, must take it down in the same transaction.
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'testimonial_has_consent_to_these_words') THEN
    ALTER TABLE website_testimonial ADD CONSTRAINT testimonial_has_consent_to_these_words
      FOREIGN KEY (consent_id, id, fingerprint, consent_holds)
      REFERENCES website_testimonialconsent (id, testimonial_id, fingerprint, holds);
  END IF;
END $$;

-- Whom a maintenance notice goes to (P3.2): users at work on a site, by their proven address, each
-- once, in the order of their number. Owners are role 1. Staff see the count alone.
GRANT SELECT ON operators_operator, accounts_user, account_emailaddress TO comm100_definer;
CREATE OR REPLACE FUNCTION app.users_to_write_to(p_audience int, p_site bigint, p_after bigint, p_most int)
RETURNS TABLE (user_id bigint, email text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.email FROM accounts_user u
  WHERE u.id > p_after AND u.is_active
    AND EXISTS (SELECT 1 FROM account_emailaddress a WHERE a.user_id = u.id AND a.email = u.email AND a.verified)
    AND EXISTS (SELECT 1 FROM operators_operator o WHERE o.user_id = u.id AND o.left_at IS NULL
      AND (p_audience <> 2 OR o.role = 1) AND (p_audience <> 3 OR o.site_id = p_site))
  ORDER BY u.id LIMIT p_most $$;
ALTER FUNCTION app.users_to_write_to(int, bigint, bigint, int) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.users_to_write_to(int, bigint, bigint, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.users_to_write_to(int, bigint, bigint, int) TO comm100_app;

CREATE OR REPLACE FUNCTION app.count_users(p_audience int, p_site bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT count(*) FROM app.users_to_write_to(p_audience, p_site, 0, NULL) $$;
ALTER FUNCTION app.count_users(int, bigint) OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.count_users(int, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.count_users(int, bigint) TO comm100_app;
GRANT EXECUTE ON FUNCTION app.users_to_write_to(int, bigint, bigint, int) TO comm100_definer;
