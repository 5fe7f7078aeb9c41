-- What an agent of the zones sees, after a search was recorded: the only way to a plate. Each begins with the same lines,
-- as a view with parameters is planned twice, one inside another four times; a test compares them. The scope is one
-- value, so it prunes: the time by the sorting key, the plates by the filter beside it.

CREATE VIEW IF NOT EXISTS verdicts_of_search {on_cluster} AS
WITH (
    SELECT tuple(
        CAST(multiIf(
            count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
            any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
            any(refusal) != '', any(refusal),
            empty(any(plates)) AND NOT hasAny(any(whole), ['verdicts', 'doubtful']),
            'plates_missing: this purpose opens what is told of named plates; name them',
            'open'
        ) AS Enum8('open' = 0)),
        any(plates), any(zone), any(captured_from), any(captured_until), has(any(whole), 'verdicts')
    ) FROM search_verdicts WHERE search_id = {search_id:UUID}
) AS scope
SELECT
    verdict_id, revision, passage_id, zone, plate, camera_id, captured_at, known_at, verdict, action, rule,
    reason, fine_eur, sure, category, fuel, euro, country, n1_class, body_code, standard, standard_derived,
    first_registered, exemptions, unverified, doubtful, if_sure, fine_gbp, cause, confirmed_by
FROM verdicts_last FINAL
WHERE scope.1 = 'open'
  AND (empty(scope.2) OR has(scope.2, plate))
  AND (scope.3 = '' OR zone = scope.3)
  AND captured_at >= scope.4 AND captured_at < scope.5
  AND (NOT empty(scope.2) OR scope.6 OR (NOT sure AND if_sure IN ('non_compliant', 'unregistered')))
  AND NOT withdrawn
COMMENT 'Verdicts that hold, as far as the search covers them; without plates named, for some purposes the doubtful ones: search_id, officer';

CREATE VIEW IF NOT EXISTS verdict_history_of_search {on_cluster} AS
WITH (
    SELECT tuple(
        CAST(multiIf(
            count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
            any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
            any(refusal) != '', any(refusal),
            empty(any(plates)) AND NOT has(any(whole), 'verdicts'),
            'plates_missing: this purpose opens what is told of named plates; name them',
            'open'
        ) AS Enum8('open' = 0)),
        any(plates), any(zone), any(captured_from), any(captured_until)
    ) FROM search_verdicts WHERE search_id = {search_id:UUID}
) AS scope
SELECT
    verdict_id, revision, withdrawn, passage_id, zone, plate, camera_id, captured_at, known_at, verdict, action, rule,
    reason, fine_eur, sure, category, fuel, euro, country, n1_class, body_code, standard, standard_derived,
    first_registered, exemptions, unverified, doubtful, if_sure, fine_gbp, cause, confirmed_by
FROM verdicts FINAL
WHERE scope.1 = 'open'
  AND (empty(scope.2) OR has(scope.2, plate))
  AND (scope.3 = '' OR zone = scope.3)
  AND captured_at >= scope.4 AND captured_at < scope.5
COMMENT 'Every verdict that was taken, overtaken and withdrawn ones too, as far as the search covers them: search_id, officer';

CREATE VIEW IF NOT EXISTS notices_of_search {on_cluster} AS
WITH (
    SELECT tuple(
        CAST(multiIf(
            count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
            any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
            any(refusal) != '', any(refusal),
            empty(any(plates)) AND NOT has(any(whole), 'notices'),
            'plates_missing: this purpose opens what is told of named plates; name them',
            'open'
        ) AS Enum8('open' = 0)),
        any(plates), any(zone), any(captured_from), any(captured_until)
    ) FROM search_verdicts WHERE search_id = {search_id:UUID}
) AS scope
SELECT
    notice_id, revision, state, withdrawn_for, kind, zone, plate, country, day, final_at, verdict_ids, passage_id,
    camera_id, captured_at, rule, unverified, reason_en, reason_fr, reason_nl, fine_eur, fine_gbp, warned_on,
    updated_at, decided_by, decided_at, note
FROM notices
WHERE scope.1 = 'open'
  AND (empty(scope.2) OR has(scope.2, plate))
  AND (scope.3 = '' OR zone = scope.3)
  AND day >= toDate(scope.4 - toIntervalDay(1)) AND day <= toDate(scope.5 + toIntervalDay(1))
ORDER BY zone, day, notice_id, revision DESC
LIMIT 1 BY zone, day, notice_id
COMMENT 'Notices as they stand, of the days that the search covers and one on either side: search_id, officer';

CREATE VIEW IF NOT EXISTS notice_history_of_search {on_cluster} AS
WITH (
    SELECT tuple(
        CAST(multiIf(
            count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
            any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
            any(refusal) != '', any(refusal),
            empty(any(plates)) AND NOT has(any(whole), 'notices'),
            'plates_missing: this purpose opens what is told of named plates; name them',
            'open'
        ) AS Enum8('open' = 0)),
        any(plates), any(zone), any(captured_from), any(captured_until)
    ) FROM search_verdicts WHERE search_id = {search_id:UUID}
) AS scope
SELECT
    notice_id, revision, state, withdrawn_for, kind, zone, plate, country, day, final_at, verdict_ids, passage_id,
    camera_id, captured_at, rule, unverified, reason_en, reason_fr, reason_nl, fine_eur, fine_gbp, warned_on,
    updated_at, decided_by, decided_at, note
FROM notices FINAL
WHERE scope.1 = 'open'
  AND (empty(scope.2) OR has(scope.2, plate))
  AND (scope.3 = '' OR zone = scope.3)
  AND day >= toDate(scope.4 - toIntervalDay(1)) AND day <= toDate(scope.5 + toIntervalDay(1))
COMMENT 'Notices in every state that they were in: search_id, officer';

CREATE VIEW IF NOT EXISTS passes_of_search {on_cluster} AS
WITH (
    SELECT tuple(
        CAST(multiIf(
            count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
            any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
            any(refusal) != '', any(refusal),
            empty(any(plates)) AND NOT has(any(whole), 'passes'),
            'plates_missing: this purpose opens what is told of named plates; name them',
            'open'
        ) AS Enum8('open' = 0)),
        any(plates), any(zone), any(captured_from), any(captured_until)
    ) FROM search_verdicts WHERE search_id = {search_id:UUID}
) AS scope
SELECT pass_id, plate, zone, day, bought_at, cancelled
FROM passes FINAL
WHERE scope.1 = 'open'
  AND (empty(scope.2) OR has(scope.2, plate))
  AND (scope.3 = '' OR zone = scope.3)
  AND day >= toDate(scope.4 - toIntervalDay(1)) AND day <= toDate(scope.5 + toIntervalDay(1))
COMMENT 'Day passes, of the days that the search covers and one on either side: search_id, officer';

CREATE VIEW IF NOT EXISTS permits_of_search {on_cluster} AS
WITH (
    SELECT tuple(
        CAST(multiIf(
            count() = 0, 'search_unknown: no search with this id is recorded; state a purpose and a reason first',
            any(officer) != {officer:String}, 'search_of_another: this search belongs to somebody else; record your own',
            any(refusal) != '', any(refusal),
            empty(any(plates)) AND NOT has(any(whole), 'permits'),
            'plates_missing: this purpose opens what is told of named plates; name them',
            'open'
        ) AS Enum8('open' = 0)),
        any(plates), any(zone), any(captured_from), any(captured_until)
    ) FROM search_verdicts WHERE search_id = {search_id:UUID}
) AS scope
SELECT plate, country, if(scope.3 = '', permits, arrayFilter(p -> p.zone = scope.3, permits)) AS permits
FROM permits FINAL
WHERE scope.1 = 'open'
  AND (empty(scope.2) OR has(scope.2, plate))
  AND NOT removed
COMMENT 'Rights granted to the plates of the search, in its zone: search_id, officer';
