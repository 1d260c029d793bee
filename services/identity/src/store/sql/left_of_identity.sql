SELECT EXISTS (SELECT FROM access_keys WHERE user_id = $1) AS access_keys,
    EXISTS (SELECT FROM inline_policies WHERE identity_id = $1) AS inline_policies,
    EXISTS (SELECT FROM attached_policies WHERE identity_id = $1) AS attached_policies,
    EXISTS (SELECT FROM group_members WHERE user_id = $1 OR group_id = $1) AS members
