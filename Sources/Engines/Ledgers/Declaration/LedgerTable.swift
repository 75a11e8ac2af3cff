import Kernel
import Storage

extension LedgerDeclaration {
    /// The table of this ledger; nil for a view. Lists of live rows are served by partial indexes on (owner, sort …, id), so that a page costs the same at a million rows.
    package var table: Table? {
        guard view == nil else { return nil }
        let plan = LedgerPlan(self)
        var columns: [Column] = [
            Column("org", .integer), Column("area", .text), Column("version", .integer, required: true, fallback: .int(1)), Column("created_at", .integer, required: true),
            Column("created_by", .integer, required: true, fallback: .int(0)), Column("updated_at", .integer, required: true),
            Column("updated_by", .integer, required: true, fallback: .int(0)),
            Column("deleted_at", .integer),
        ]
        columns += plan.fields.flatMap(\.columns)
        // Facets are for ledgers of tens of millions of rows; on PostgreSQL such a table is divided by the month of its time.
        return Table(tableName, columns: columns, indexes: allIndexes(plan), partitionedBy: facets.isEmpty ? nil : timeField.flatMap { plan.column($0) })
    }

    private func allIndexes(_ plan: LedgerPlan) -> [Index] {
        var indexes = self.indexes
        func add(_ columns: [String], unique: Bool = false) {
            let served = indexes.contains {
                $0.condition == nil || $0.condition == liveRows ? covers($0.columns, columns) && (!unique || ($0.isUnique && $0.columns == columns)) : false
            }
            if !served { indexes.append(Index(columns: columns, unique: unique, where: liveRows)) }
        }
        if !uniqueBy.isEmpty { add(uniqueBy.compactMap { plan.column($0) }, unique: true) }
        let sorts = sortedBy.prefix { $0.field != "id" }.compactMap { plan.column($0.field) }
        if ownedBy != .shared {
            add(["org"] + sorts + ["id"])
            add(["area"] + sorts + ["id"])
        }
        if !sorts.isEmpty { add(sorts + ["id"]) }
        for field in plan.fields where field.columns.count == 1 {
            // Of many rows, those found by the beginning of a text need an index that begins with it, whatever comes after.
            let isFoundByPrefix = isLarge && field.field.marks.contains(.searchable) && !indexes.contains { $0.condition == nil && $0.columns.first == field.columns[0].name }
            if !field.field.marks.isDisjoint(with: [.indexed, .sortable]) || isFoundByPrefix { add([field.columns[0].name, "id"]) }
        }
        return indexes
    }

    /// True when an index serves the other's order: the same columns; a last `id` is there anyway in SQLite and cheap to sort in PostgreSQL.
    private func covers(_ index: [String], _ wanted: [String]) -> Bool {
        func bare(_ columns: [String]) -> ArraySlice<String> { columns.last == "id" ? columns.dropLast() : columns[...] }
        return bare(index) == bare(wanted)
    }
}

/// The condition of partial indexes; queries repeat it word for word so that the planner sees it.
let liveRows = "deleted_at IS NULL"
