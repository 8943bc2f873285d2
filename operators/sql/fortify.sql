-- Open invitations to the verified addresses of the user in context, of every site: what a person
-- may see of sites where they do not work yet. Nothing for anybody else.
CREATE OR REPLACE FUNCTION app.invitations_of_user()
RETURNS TABLE (site_id bigint, number bigint, site_name text, inviter text, role smallint, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT i.site_id, i.number, s.name::text, u.name::text, i.role::smallint, i.expires_at
  FROM account_emailaddress a
  JOIN operators_invitation i ON i.email = a.email
  JOIN accounts_site s ON s.id = i.site_id
  LEFT JOIN operators_operator o ON o.id = i.invited_by_id AND o.site_id = i.site_id
  LEFT JOIN accounts_user u ON u.id = o.user_id
  WHERE a.user_id = app.user_id() AND a.verified
    AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()
  ORDER BY i.sent_at DESC $$;
ALTER FUNCTION app.invitations_of_user() OWNER TO comm100_definer;
GRANT SELECT ON account_emailaddress, operators_invitation, operators_operator, accounts_site, accounts_user TO comm100_definer;
REVOKE ALL ON FUNCTION app.invitations_of_user() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.invitations_of_user() TO comm100_app;

-- Every site that ever asked one of the verified addresses of the user in context to join: where
-- their address may stand. Numbers alone.
CREATE OR REPLACE FUNCTION app.sites_that_invited_user() RETURNS TABLE (site_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT i.site_id FROM account_emailaddress a JOIN operators_invitation i ON i.email = a.email
  WHERE a.user_id = app.user_id() AND a.verified $$;
ALTER FUNCTION app.sites_that_invited_user() OWNER TO comm100_definer;
REVOKE ALL ON FUNCTION app.sites_that_invited_user() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.sites_that_invited_user() TO comm100_app;
