import Identity
import Kernel
import Storage

/// Somebody who may act: a user, or the holders of a role whose data scope admits the case, narrowed to one organisation.
struct Candidate: Sendable, Hashable {
    var who: String
    var organisation: Int64?

    static func user(_ id: Int64) -> Candidate { Candidate(who: "u:\(id)", organisation: nil) }
    var userId: Int64? { who.hasPrefix("u:") ? Int64(who.dropFirst(2)) : nil }
    var role: String? { who.hasPrefix("r:") ? String(who.dropFirst(2)) : nil }
}

extension WorkflowEngine {
    /// Actors of a definition as candidates of one case.
    func candidates(_ actors: [WorkflowActor], for item: WorkflowCase, in tx: any Transaction) throws -> [Candidate] {
        try unique(
            actors.compactMap { actor -> Candidate? in
                switch actor {
                case .role(let role): return Candidate(who: "r:\(role)", organisation: nil)
                case .ownerRole(let role): return item.org.map { Candidate(who: "r:\(role)", organisation: $0) }
                case .starter: return item.starter > 0 ? .user(item.starter) : nil
                case .user(let login): return try tx.value("SELECT id FROM users WHERE login = \(login) AND state = 'active'")?.int.map { .user($0) }
                case .person(let field):
                    guard let login = item.data[field]?.string, !login.isEmpty else { return nil }
                    return try tx.value("SELECT id FROM users WHERE login = \(login) AND state = 'active'")?.int.map { .user($0) }
                case .concerned: return nil
                case .named(let field, _):
                    return try item.data[field]?.string.flatMap { login in try tx.value("SELECT id FROM users WHERE login = \(login) AND state = 'active'")?.int.map { .user($0) } }
                case .actor(let step): return try lastActor(of: step, item, in: tx).map { .user($0.id) }
                case .leader(let step, let role):
                    guard let organisation = try lastActor(of: step, item, in: tx)?.organisation else { return nil }
                    return try tx.value("SELECT parent FROM organisations WHERE id = \(organisation)")?.int.map { Candidate(who: "r:\(role)", organisation: $0) }
                }
            })
    }

    func lastActor(of step: String, _ item: WorkflowCase, in reader: any Reader) throws -> (id: Int64, organisation: Int64?)? {
        let row = try reader.first(
            "SELECT by_id, by_org FROM workflow_steps WHERE case_id = \(item.id) AND step = \(step) AND state IN ('done', 'returned') AND by_id > 0 ORDER BY id DESC LIMIT 1")
        return row.flatMap { row in row.int("by_id").map { ($0, row.int("by_org")) } }
    }

    /// The active holders of a role one by one, for signing by everybody.
    func persons(_ candidate: Candidate, for item: WorkflowCase, in reader: any Reader) throws -> [Candidate] {
        guard let role = candidate.role else { return [candidate] }
        return try Self.holders(of: role, organisation: candidate.organisation, org: item.org, area: item.area, in: reader).map { .user($0) }
    }

    /// Ids of active users who hold a role and whose scope under it admits a case's org and area.
    package static func holders(of role: String, organisation: Int64?, org: Int64?, area: String?, in reader: any Reader) throws -> [Int64] {
        let officers = try org.map { try GridReach.officers(of: $0, reader) } ?? []
        let narrowed: SQL = organisation.map { "u.organisation = \($0)" } ?? "1 = 1"
        return try reader.rows(
            """
            SELECT u.id, u.organisation, o.area AS place, r.scope FROM roles r JOIN user_roles ur ON ur.role_id = r.id JOIN users u ON u.id = ur.user_id
            JOIN organisations o ON o.id = u.organisation WHERE r.name = \(role) AND u.state = 'active' AND o.state = 'active' AND \(narrowed) ORDER BY u.id LIMIT 2000
            """
        ).compactMap { row in
            guard let id = row.int("id") else { return nil }
            switch row.text("scope").flatMap(ScopeRule.init(rawValue:)) {
            case .everything: return id
            case .ownArea: return (area ?? "").hasPrefix(row.text("place") ?? "-") ? id : nil
            case .ownGrids: return officers.contains(id) ? id : nil
            case .ownOrganisation: return row.int("organisation") == org ? id : nil
            case nil: return nil
            }
        }
    }

    /// Who may be named in a case of this organisation and area, by name.
    ///
    /// - Parameter roles: one role, or several with commas between them.
    package func nameable(_ roles: String, org: Int64?, area: String?, in reader: any Reader) throws -> [(login: String, name: String, organisation: String)] {
        let names = roles.split(separator: ",").map(String.init)
        var ids = try names.flatMap { try Self.holders(of: $0, organisation: nil, org: org, area: area, in: reader) }
        // Of a case of the authority itself its own people, whatever grids they look after.
        ids += try reader.rows(
            """
            SELECT u.id FROM users u JOIN user_roles ur ON ur.user_id = u.id JOIN roles r ON r.id = ur.role_id
            WHERE r.name IN (\(list: names)) AND u.organisation = \(org ?? -1) AND u.state = 'active' ORDER BY u.id LIMIT 2000
            """
        ).compactMap { $0[0].int }
        return try reader.rows(
            "SELECT u.login, u.name, o.name AS place FROM users u JOIN organisations o ON o.id = u.organisation WHERE u.id IN (\(list: ids)) ORDER BY o.area DESC, u.name, u.id"
        ).map { ($0.text("login") ?? "", $0.text("name") ?? "", $0.text("place") ?? "") }
    }

    func receivers(_ candidates: [Candidate]) -> [WorkflowNotice.Receiver] {
        candidates.compactMap { candidate in
            if let id = candidate.userId { return .user(id) }
            return candidate.role.map { .role($0, organisation: candidate.organisation) }
        }
    }

    func unique(_ candidates: [Candidate]) -> [Candidate] {
        var seen: Set<Candidate> = []
        return candidates.filter { seen.insert($0).inserted }
    }

    /// The items under which somebody may act, for SQL over `workflow_items i`.
    func mine(_ principal: Principal) -> SQL {
        if principal.kind == .system { return "1 = 1" }
        let keys = ["u:\(principal.id)"] + principal.roles.map { "r:\($0)" }
        return """
            i.who IN (\(list: keys)) AND (i.at_org IS NULL OR i.at_org = \(principal.organisation ?? -1)) AND (i.who = \(keys[0]) OR \(principal.scope.condition(org: "i.org", area: "i.area")))
            """
    }
}
