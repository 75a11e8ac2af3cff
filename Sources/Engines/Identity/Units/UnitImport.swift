import Kernel
import Storage

/// One row of a sheet of units.
package struct UnitRow: Sendable {
    /// In the sheet, from 1.
    package var number: Int
    package var code: String
    package var name: String
    /// Of the same sheet or of the tree; empty for what stands directly under the chosen node, or for a root.
    package var parentCode: String
    package var rank: Int

    package init(number: Int, code: String, name: String, parentCode: String, rank: Int) {
        self.number = number
        self.code = code
        self.name = name
        self.parentCode = parentCode
        self.rank = rank
    }
}

extension Units {
    package static let importRows = 50_000

    /// Takes a sheet in, in any order of rows; all or nothing, in one transaction.
    ///
    /// - Parameter organisation: the code of the owner of roots.
    /// - Throws: `.invalid` `JW-K422` with a finding for each bad row, up to 200.
    package func bringIn(_ rows: [UnitRow], into tree: UnitTree, under unit: Int64?, organisation: String, by principal: Principal) async throws -> Int {
        try principal.require("organisation.write", "组织机构管理")
        return try await database.write { tx in
            let base = try check(UnitDraft(tree: tree, parent: unit, organisation: organisation, code: "x", name: "x"), id: nil, by: principal, tx)
            let faults = base.1.filter { $0.field == "parent" || $0.field == "organisation" }
            guard faults.isEmpty, let owner = base.0 else { throw Failure.invalid(faults) }
            var findings: [FieldFinding] = []
            func fault(_ row: UnitRow, _ message: String) {
                if findings.count < 200 { findings.append(FieldFinding("row\(row.number)", "row", message, title: "第 \(row.number) 行")) }
            }
            var places: [String: Owner] = [:]
            for known in try tx.rows("SELECT * FROM units WHERE tree = \(tree.rawValue) AND \(principal.scope.condition())").map(Unit.init) where known.state == .active {
                places[known.code] = Owner(org: known.org, area: known.area, path: known.path, depth: known.depth)
            }
            let taken = Set(try tx.rows("SELECT code FROM units WHERE tree = \(tree.rawValue)").compactMap { $0[0].text })
            var waiting: [String: [UnitRow]] = [:]
            var codes: Set<String> = []
            for row in rows {
                if !(1...60).contains(row.name.count) { fault(row, "名称须为 1–60 个字") }
                if !(1...64).contains(row.code.utf8.count) || !row.code.utf8.allSatisfy({ (33...126).contains($0) }) { fault(row, "编号须为 1–64 位字母、数字或符号") }
                if taken.contains(row.code) { fault(row, "编号“\(row.code)”已被使用") }
                if !codes.insert(row.code).inserted { fault(row, "编号“\(row.code)”在表中重复") }
                waiting[row.parentCode, default: []].append(row)
            }
            for (parent, list) in waiting where !parent.isEmpty && places[parent] == nil && !codes.contains(parent) { for row in list { fault(row, "上级编号“\(parent)”不存在") } }
            guard findings.isEmpty else { throw Failure.invalid(findings.sorted { $0.title.count == $1.title.count ? $0.title < $1.title : $0.title.count < $1.title.count }) }
            // From the top down: what has a place makes places for those below it.
            var ready: [(row: UnitRow, owner: Owner, parent: Int64?)] = (waiting.removeValue(forKey: "") ?? []).map { ($0, owner, unit) }
            for (code, list) in waiting where !codes.contains(code) {
                guard let place = places[code] else { continue }
                ready += list.map { ($0, place, Int64(place.path.split(separator: "/").last ?? "")) }
            }
            var (count, next) = (0, 0)
            let now = clock.now
            while next < ready.count {
                let (row, place, parent) = ready[next]
                next += 1
                guard place.depth < Self.levels else { throw Failure.invalid([FieldFinding("row\(row.number)", "depth", "超过 \(Self.levels) 级", title: "第 \(row.number) 行")]) }
                let id = try tx.insert(
                    """
                    INSERT INTO units (tree, parent, org, area, code, name, path, depth, rank, state, created_at, updated_at)
                    VALUES (\(tree.rawValue), \(parent), \(place.org), \(place.area), \(row.code), \(row.name), '', \(place.depth + 1), \(row.rank), 'active', \(now), \(now))
                    """)
                let path = "\(place.path)\(id)/"
                try tx.execute("UPDATE units SET path = \(path) WHERE id = \(id)")
                count += 1
                let own = Owner(org: place.org, area: place.area, path: path, depth: place.depth + 1)
                ready += (waiting[row.code] ?? []).map { ($0, own, id) }
            }
            guard count == rows.count else { throw Failure.invalid([FieldFinding("file", "cycle", "有 \(rows.count - count) 行互为上级", title: "文件")]) }
            try audit.record(AuditEntry("import", "unit", "", "导入\(tree.title) \(count) 个"), by: principal, in: tx)
            return count
        }
    }
}
