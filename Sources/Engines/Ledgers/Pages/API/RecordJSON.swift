import Kernel
import Storage

extension RecordFace {
    /// A row as the API shows it: days as `yyyy-MM-dd`, moments as RFC 3339, codes as codes, locations as `{lng, lat}`; personal fields masked.
    func json(_ record: Record) -> JSONValue {
        let values = desk.fields.map { field in (name: field.name, value: json(field, record)) }
        return .object(
            JSONObject([
                ("id", .int(record.id)), ("version", .int(Int64(record.version))), ("org", JSONValue(record.org)), ("area", JSONValue(record.area)),
                ("createdAt", .string(record.createdAt.rfc3339)), ("updatedAt", .string(record.updatedAt.rfc3339)),
                ("deletedAt", record.deletedAt.map { .string($0.rfc3339) } ?? .null), ("values", .object(JSONObject(values))),
            ]))
    }

    private func json(_ field: Field, _ record: Record) -> JSONValue {
        guard field.isPersonal, !reveals else { return presenter.json(field, record) }
        let masked = text(field, record)
        return masked.isEmpty ? .null : .string(masked)
    }
}

extension HistoryEntry {
    /// Values in words, as people read them; personal ones masked.
    func json(_ face: RecordFace) -> JSONValue {
        let changes = self.changes.compactMap { change -> JSONValue? in
            guard let field = face.desk.field(change.field) else { return nil }
            return [
                "field": .string(change.field), "title": .string(change.title), "before": .string(face.masked(field, change.before)),
                "after": .string(face.masked(field, change.after)),
            ]
        }
        return [
            "version": .int(Int64(version)), "kind": .string(kind.rawValue), "at": .string(at.rfc3339), "by": .string(byName), "reason": JSONValue(reason),
            "changes": .array(changes),
        ]
    }
}
