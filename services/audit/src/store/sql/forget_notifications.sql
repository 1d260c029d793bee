DELETE FROM notifications
 WHERE target = $1
   AND sequence = ANY ($2)
