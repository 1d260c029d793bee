DELETE FROM parameter_shares WHERE parameter_id = $1
