import Kernel
import Ledgers
import Storage

/// Reading the values of drafts and rows.
enum RoadRecords {
    /// An id as a form or the API sends it.
    static func number(_ value: JSONValue) -> Int64? { value.int ?? value.string.flatMap { Int64($0) } }

    /// Nothing was written: absent, or an empty field of a form.
    static func isBlank(_ value: JSONValue?) -> Bool { value == nil || value == .null || value?.string == "" }

    static func yes(_ value: SQLValue?) -> Bool { value?.int == 1 }

    static func moment(_ value: SQLValue?) -> Moment? { value?.int.map { Moment(milliseconds: $0) } }

    /// Whoever's account the chief has; nil without one.
    static func login(ofChief id: Int64?, _ reader: any Reader) throws -> String? {
        try id.flatMap { try reader.value("SELECT login FROM road_chief WHERE id = \($0) AND deleted_at IS NULL")?.text }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The unit and the chief of a road.
    static func keeper(ofRoad id: Int64?, _ reader: any Reader) throws -> (org: Int64?, chief: Int64?) {
        guard let id, let row = try reader.first("SELECT org, chief FROM road WHERE id = \(id) AND deleted_at IS NULL") else { return (nil, nil) }
        return (row.int("org"), row.int("chief"))
    }
}
