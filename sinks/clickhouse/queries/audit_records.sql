-- Records of the audit that fit, the newest first. actor, actions, search: empty: any. before: only those that come
-- after it in this order, for the next page; its chain empty: from the newest on.
SELECT chain, seq, at, action, actor, about
FROM audit
WHERE at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
    AND {actor:String} IN ('', actor)
    AND (empty({actions:Array(String)}) OR has({actions:Array(String)}, action))
    AND ({search:String} = '' OR JSONExtractString(record, 'about', 'search_id') = {search:String})
    AND ({before_chain:String} = '' OR (at, chain, seq) <
        ({before_at:DateTime64(3, 'UTC')}, {before_chain:String}, {before_seq:UInt64}))
ORDER BY at DESC, chain DESC, seq DESC
LIMIT {limit:UInt32}
