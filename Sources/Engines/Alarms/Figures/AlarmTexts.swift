import Identity
import Kernel
import Storage

/// What a search index keeps of an alarm; none of it changes after the alarm was raised.
package struct AlarmTexts: Sendable, Equatable {
    package var id: Int64
    package var org: Int64?
    package var area: String?
    package var texts: [String]
}

extension AlarmEngine {
    /// Behind an id, by id; without scope, for the index.
    package func texts(after id: Int64, limit: Int, in reader: any Reader) throws -> [AlarmTexts] {
        try reader.rows("SELECT id, org, area, number, title, subject, plate, org_name, place FROM alarms WHERE id > \(id) ORDER BY id LIMIT \(limit)").map { row in
            AlarmTexts(
                id: row.int("id") ?? 0, org: row.int("org"), area: row.text("area"),
                texts: ["number", "title", "subject", "plate", "org_name", "place"].compactMap { row.text($0) })
        }
    }

    /// Those among the ids that lie in the scope, newest first.
    package func find(_ ids: [Int64], by principal: Principal, in reader: any Reader) throws -> [Alarm] {
        try principal.require(AlarmPermission.read, "查看报警")
        return try reader.rows("SELECT \(Alarm.columns) FROM alarms WHERE id IN (\(list: ids)) AND \(principal.scope.condition()) ORDER BY id DESC").map(Alarm.init)
    }
}
