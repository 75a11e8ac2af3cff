import Kernel
import Storage

/// Grids as they are stored: outlines, places, who stands in which. What lies inside what is geometry and the caller's; here it is kept, counted and told in the history of each grid.
package struct GridBook: Sendable {
    let units: Units
    let audit: AuditTrail
    let clock: Clock
    let version: IdentityVersion

    private static let shapes: SQL = """
        SELECT un.*, ol.outline, ol.west, ol.south, ol.east, ol.north, ol.hectares, ol.updated_at AS outlined_at, ol.updated_by_name FROM units un \
        JOIN unit_outlines ol ON ol.unit_id = un.id
        """

    // MARK: Reading

    /// Which grids a reader sees: a supervisor's by area, an officer's own and those below.
    package func condition(_ scope: DataScope) -> SQL {
        guard case .grids(let reach) = scope, reach.tree == .grids else { return scope.condition(org: "un.org", area: "un.area") }
        return GridReach.below(reach.paths)
    }

    package func grid(_ id: Int64, scope: DataScope, _ reader: any Reader) throws -> Unit? {
        try reader.first("SELECT un.* FROM units un WHERE un.id = \(id) AND un.tree = 'grid' AND \(condition(scope))").map(Unit.init)
    }

    /// Grids in use with an outline, from above down, at most 2,000.
    package func shapes(scope: DataScope, _ reader: any Reader) throws -> [GridShape] {
        try reader.rows("\(Self.shapes) WHERE un.tree = 'grid' AND un.state = 'active' AND \(condition(scope)) ORDER BY un.depth, un.rank, un.id LIMIT 2000").map(GridShape.init)
    }

    /// Grids in use whose bounds touch these.
    package func shapes(touching bounds: GridBounds, _ reader: any Reader) throws -> [GridShape] {
        try reader.rows(
            """
            \(Self.shapes) WHERE un.tree = 'grid' AND un.state = 'active' AND ol.west <= \(bounds.east) AND ol.east >= \(bounds.west) AND ol.south <= \(bounds.north) \
            AND ol.north >= \(bounds.south) ORDER BY un.depth, un.id
            """
        ).map(GridShape.init)
    }

    package func shape(of unit: Int64, _ reader: any Reader) throws -> GridShape? { try reader.first("\(Self.shapes) WHERE un.id = \(unit)").map(GridShape.init) }

    /// Directly below a grid, with an outline.
    package func shapes(under unit: Int64, _ reader: any Reader) throws -> [GridShape] {
        try reader.rows("\(Self.shapes) WHERE un.parent = \(unit) AND un.state = 'active' ORDER BY un.rank, un.id").map(GridShape.init)
    }

    /// Of a grid alone, by name; those kept out last.
    package func subjects(of unit: Int64, limit: Int = 1000, _ reader: any Reader) throws -> [GridSubject] {
        try reader.rows(
            """
            SELECT us.*, o.name, o.code FROM unit_subjects us JOIN organisations o ON o.id = us.org WHERE us.unit_id = \(unit) ORDER BY us.way = \(GridSubject.Way.keptOut.rawValue), o.name LIMIT \(limit)
            """
        ).map(GridSubject.init)
    }

    /// Every grid that holds an organisation, or from which it is kept out.
    package func grids(of org: Int64, _ reader: any Reader) throws -> [GridSubject] {
        try reader.rows(
            "SELECT us.*, un.name, un.code FROM unit_subjects us JOIN units un ON un.id = us.unit_id WHERE us.org = \(org) AND un.state = 'active' ORDER BY un.depth DESC, un.id"
        ).map(GridSubject.init)
    }

    package func places(within bounds: GridBounds, _ reader: any Reader) throws -> [OrganisationPlace] {
        try reader.rows(
            """
            SELECT p.* FROM organisation_places p JOIN organisations o ON o.id = p.org WHERE o.state = 'active' AND p.longitude BETWEEN \(bounds.west) AND \(bounds.east) \
            AND p.latitude BETWEEN \(bounds.south) AND \(bounds.north)
            """
        ).map(Self.place)
    }

    package func places(of orgs: [Int64], _ reader: any Reader) throws -> [OrganisationPlace] {
        try reader.rows("SELECT * FROM organisation_places WHERE org IN (\(list: orgs))").map(Self.place)
    }

    /// All of them, by organisation.
    package func places(_ reader: any Reader) throws -> [OrganisationPlace] { try reader.rows("SELECT * FROM organisation_places ORDER BY org").map(Self.place) }

    private static func place(_ row: Row) -> OrganisationPlace {
        OrganisationPlace(org: row.int("org") ?? 0, longitude: row.double("longitude") ?? 0, latitude: row.double("latitude") ?? 0)
    }

    // MARK: Writing

    /// Keeps an outline; the caller has judged it.
    package func draw(
        _ unit: Unit, outline: String, bounds: GridBounds, hectares: Double, points: Int, by principal: Principal, in tx: any Transaction
    ) throws {
        let old = try shape(of: unit.id, tx)
        try tx.execute(
            """
            INSERT INTO unit_outlines (unit_id, outline, west, south, east, north, hectares, updated_at, updated_by_name)
            VALUES (\(unit.id), \(outline), \(bounds.west), \(bounds.south), \(bounds.east), \(bounds.north), \(hectares), \(clock.now), \(principal.name))
            ON CONFLICT (unit_id) DO UPDATE SET outline = excluded.outline, west = excluded.west, south = excluded.south, east = excluded.east, north = excluded.north,
            hectares = excluded.hectares, updated_at = excluded.updated_at, updated_by_name = excluded.updated_by_name
            """)
        let before = old.map { Self.area($0.hectares) } ?? "未划定", after = "\(Self.area(hectares))，\(points) 个顶点"
        try units.note(unit, "划定范围", before: before, after: after, nodes: 1, members: 0, by: principal, in: tx)
        let details: JSONValue = ["before": .string(old?.outline ?? ""), "after": .string(outline)]
        try audit.record(AuditEntry("update", "unit", "\(unit.id)", "划定网格“\(unit.name)”的范围，\(after)", details: details), by: principal, in: tx)
    }

    package func erase(_ unit: Unit, by principal: Principal, in tx: any Transaction) throws {
        guard let old = try shape(of: unit.id, tx) else { return }
        try tx.execute("DELETE FROM unit_outlines WHERE unit_id = \(unit.id)")
        try units.note(unit, "取消范围", before: Self.area(old.hectares), after: "未划定", nodes: 1, members: 0, by: principal, in: tx)
        try audit.record(AuditEntry("update", "unit", "\(unit.id)", "取消网格“\(unit.name)”的范围", details: ["before": .string(old.outline)]), by: principal, in: tx)
    }

    /// `86.4 公顷`, `12.5 平方公里`.
    package static func area(_ hectares: Double) -> String {
        func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
        return hectares < 1000 ? "\(tenths(hectares)) 公顷" : "\(tenths(hectares / 100)) 平方公里"
    }

    /// Where an organisation stands now; nil where nobody knows any more.
    ///
    /// - Returns: whether it moved.
    package func place(_ org: Int64, at place: OrganisationPlace?, in tx: any Transaction) throws -> Bool {
        let old = try places(of: [org], tx).first
        guard old != place else { return false }
        guard let place else {
            try tx.execute("DELETE FROM organisation_places WHERE org = \(org)")
            return true
        }
        try tx.execute(
            """
            INSERT INTO organisation_places (org, longitude, latitude, updated_at) VALUES (\(org), \(place.longitude), \(place.latitude), \(clock.now))
            ON CONFLICT (org) DO UPDATE SET longitude = excluded.longitude, latitude = excluded.latitude, updated_at = excluded.updated_at
            """)
        return true
    }

    /// Brings what stands where by itself in line with what was found; what was done by hand stays.
    ///
    /// - Parameter wanted: for each organisation the grids it stands in, those it is kept out of left out already.
    /// - Returns: how many came and went.
    package func settle(_ wanted: [Int64: Set<Int64>], by principal: Principal, in tx: any Transaction) throws -> (came: Int, went: Int) {
        guard !wanted.isEmpty else { return (0, 0) }
        var known: [Int64: [Int64: GridSubject.Way]] = [:]
        let orgs = wanted.keys.sorted()
        for start in stride(from: 0, to: orgs.count, by: 500) {
            let part = Array(orgs[start..<min(start + 500, orgs.count)])
            for row in try tx.rows("SELECT unit_id, org, way FROM unit_subjects WHERE org IN (\(list: part))") {
                known[row.int("org") ?? 0, default: [:]][row.int("unit_id") ?? 0] = row.text("way").flatMap(GridSubject.Way.init)
            }
        }
        var came: [Int64: [Int64]] = [:], went: [Int64: [Int64]] = [:]
        for org in orgs {
            let have = known[org] ?? [:], want = wanted[org] ?? []
            for grid in want where have[grid] == nil { came[grid, default: []].append(org) }
            for (grid, way) in have where way == .inside && !want.contains(grid) { went[grid, default: []].append(org) }
        }
        let rows = came.flatMap { grid, orgs in
            orgs.map { [SQLValue.int(grid), .int($0), .text(GridSubject.Way.inside.rawValue), .int(clock.now.milliseconds), .text(principal.name)] }
        }
        if !rows.isEmpty { try tx.insertMany(into: "unit_subjects", columns: ["unit_id", "org", "way", "since", "by_name"], rows: rows) }
        for (grid, orgs) in went {
            for start in stride(from: 0, to: orgs.count, by: 500) {
                let part = Array(orgs[start..<min(start + 500, orgs.count)])
                try tx.execute("DELETE FROM unit_subjects WHERE unit_id = \(grid) AND way = \(GridSubject.Way.inside.rawValue) AND org IN (\(list: part))")
            }
        }
        for grid in Set(came.keys).union(went.keys).sorted() { try tell(grid, came[grid] ?? [], went[grid] ?? [], by: principal, in: tx) }
        let counts = (came: rows.count, went: went.values.reduce(0) { $0 + $1.count })
        if counts.came + counts.went > 0 {
            try audit.record(AuditEntry("update", "unit", "*", "网格归属重新计算：纳入 \(counts.came) 家、移出 \(counts.went) 家"), by: principal, in: tx)
            version.bump(after: tx)
        }
        return counts
    }

    private func tell(_ grid: Int64, _ came: [Int64], _ went: [Int64], by principal: Principal, in tx: any Transaction) throws {
        guard let unit = try units.find(grid, scope: .everything, tx) else { return }
        func names(_ orgs: [Int64]) throws -> String {
            guard !orgs.isEmpty else { return "" }
            let first = try tx.rows("SELECT name FROM organisations WHERE id IN (\(list: Array(orgs.prefix(3)))) ORDER BY id").compactMap { $0[0].text }
            return first.joined(separator: "、") + (orgs.count > 3 ? "等 \(orgs.count) 家" : "")
        }
        let before = try names(went), after = try names(came)
        try units.note(unit, "自动归属", before: before.isEmpty ? "" : "移出 \(before)", after: after.isEmpty ? "" : "纳入 \(after)", nodes: 1, members: 0, by: principal, in: tx)
    }

    /// An exception by hand: stands in the grid although its place is elsewhere, is kept out although it stands inside, or follows its place again (nil).
    package func set(_ way: GridSubject.Way?, _ org: Int64, in unit: Unit, reason: String, by principal: Principal, in tx: any Transaction) throws {
        let name = try tx.value("SELECT name FROM organisations WHERE id = \(org)")?.text ?? ""
        if let way {
            try tx.execute(
                """
                INSERT INTO unit_subjects (unit_id, org, way, since, reason, by_name) VALUES (\(unit.id), \(org), \(way.rawValue), \(clock.now), \(reason), \(principal.name))
                ON CONFLICT (unit_id, org) DO UPDATE SET way = excluded.way, since = excluded.since, reason = excluded.reason, by_name = excluded.by_name
                """)
        } else {
            try tx.execute("DELETE FROM unit_subjects WHERE unit_id = \(unit.id) AND org = \(org)")
        }
        let word = way.map { $0 == .added ? "人工加入" : "人工移出" } ?? "恢复自动归属"
        try units.note(unit, word, before: name, after: reason, nodes: 1, members: 0, by: principal, in: tx)
        let details: JSONValue = ["org": .int(org), "reason": .string(reason)]
        try audit.record(AuditEntry("update", "unit", "\(unit.id)", "网格“\(unit.name)”\(word)“\(name)”", details: details), by: principal, in: tx)
        version.bump(after: tx)
    }

    /// A person's post in a grid, as the register of officers has it; somebody without an account has none.
    package func appoint(_ login: String, to grid: Int64, post: String, by principal: Principal, in tx: any Transaction) throws {
        guard let user = try tx.first("SELECT id, name FROM users WHERE login = \(User.normalized(login))"), let id = user.int("id"),
            let unit = try units.find(grid, scope: .everything, tx)
        else { return }
        let isFirst = try tx.count("SELECT count(*) FROM unit_members WHERE user_id = \(id)") == 0
        try tx.execute(
            """
            INSERT INTO unit_members (unit_id, user_id, post, is_active, since) VALUES (\(grid), \(id), \(post), \(isFirst ? 1 : 0), \(clock.now))
            ON CONFLICT (unit_id, user_id) DO UPDATE SET post = excluded.post
            """)
        let name = user.text("name") ?? ""
        try units.note(unit, "人员到岗", before: "", after: "\(name)，\(post)", nodes: 1, members: 1, by: principal, in: tx)
        try audit.record(AuditEntry("update", "unit", "\(grid)", "“\(name)”任“\(unit.name)”\(post)"), by: principal, in: tx)
        version.bump(after: tx)
    }

    package func dismiss(_ login: String, from grid: Int64, by principal: Principal, in tx: any Transaction) throws {
        guard let user = try tx.first("SELECT id, name FROM users WHERE login = \(User.normalized(login))"), let id = user.int("id"),
            let unit = try units.find(grid, scope: .everything, tx), try tx.execute("DELETE FROM unit_members WHERE unit_id = \(grid) AND user_id = \(id)") == 1
        else { return }
        try Posts.strip(id, from: grid, in: tx)
        try audit.sealUsers([id], in: tx)
        let name = user.text("name") ?? ""
        try units.note(unit, "人员离岗", before: name, after: "", nodes: 1, members: 1, by: principal, in: tx)
        try audit.record(AuditEntry("update", "unit", "\(grid)", "“\(name)”不再任职于“\(unit.name)”"), by: principal, in: tx)
        version.bump(after: tx)
    }

    /// By which rows an organisation is kept out.
    package func keptOut(_ orgs: [Int64], _ reader: any Reader) throws -> [Int64: Set<Int64>] {
        var out: [Int64: Set<Int64>] = [:]
        for start in stride(from: 0, to: orgs.count, by: 500) {
            let part = Array(orgs[start..<min(start + 500, orgs.count)])
            for row in try reader.rows("SELECT org, unit_id FROM unit_subjects WHERE way = \(GridSubject.Way.keptOut.rawValue) AND org IN (\(list: part))") {
                out[row.int("org") ?? 0, default: []].insert(row.int("unit_id") ?? 0)
            }
        }
        return out
    }
}
