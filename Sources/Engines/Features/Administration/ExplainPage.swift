import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// 权限诊断: why a person can or cannot open an address or see a row, step by step, asked of the same code that decides.
struct ExplainPage: Sendable {
    let platform: Platform
    let table: RouteTable

    func add(to routes: Routes) {
        routes.get("/admin/explain", permission: .named("role.read"), use: show)
        routes.get("/admin/explain/users", permission: .named("role.read"), use: people)
    }

    /// One step of the answer; the first that fails decides.
    struct Step: Sendable, Equatable {
        var title: String
        var isPassed: Bool
        var because: String
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let asker = try context.signedIn()
        let address = context.here
        let ledgers = platform.ledgers.declarations.map { Choice($0.name, $0.title, group: $0.group) }
        let userId = address["user"].flatMap { Int64($0) }
        let user = try await platform.database.read { [platform] reader in try userId.flatMap { try platform.identity.users.find($0, reader) } }
        let known = user.flatMap { asker.scope.admits(org: $0.organisation, area: $0.area) ? $0 : nil }
        let fields = [
            FormField("user", "用户", .reference(url: "/admin/explain/users", shown: known?.name ?? ""), value: address["user"], isRequired: true),
            FormField("path", "功能地址", .text, value: address["path"], placeholder: "/ledgers/registeredVehicle"),
            FormField("ledger", "台账", .select(ledgers), value: address["ledger"]), FormField("row", "记录编号", .text, value: address["row"]),
            FormField("from", "来源地址", .text, value: address["from"], placeholder: "不填为最近登录地址"),
        ]
        var answer: Markup = "\(Notice(.info, "选择用户，再填写功能地址，或选择台账并填写记录编号，查看每一步的判断依据。"))"
        if let known {
            let steps = try await platform.database.read { reader in try self.steps(known, address, reader) }
            answer = Self.markup(steps)
        } else if userId != nil {
            answer = "\(Notice(.yellow, "没有此用户，或不在您的管辖范围内。"))"
        }
        return Shell.page(
            "权限诊断", crumbs: [Crumb("系统"), Crumb("角色与权限", "/admin/roles"), Crumb("权限诊断")], active: "/admin/explain",
            body: "\(SearchForm(action: "/admin/explain", fields: fields, table: "main", visible: 4))\(answer)", context: context)
    }

    @Sendable func people(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let search = UserSearch(keyword: context.here["q"])
        let found = try await platform.database.read { [platform] reader in try platform.identity.users.page(search, scope: scope, limit: 20, reader) }
        return .html("\(ReferenceChoices(found.map { Choice(String($0.id), $0.name, group: "\($0.login) · \($0.organisationName)") }))")
    }

    private func steps(_ user: User, _ address: PageAddress, _ reader: any Reader) throws -> [Step] {
        guard let standing = try platform.identity.sessions.standing(of: user.id, reader) else { return [] }
        var principal = standing.principal
        principal.address = address["from"] ?? user.lastLoginAddress ?? ""
        principal.applyLimits(at: platform.clock.now)
        var steps = [Step(title: "账号", isPassed: standing.isActive, because: standing.isActive ? "账号与所属机构均正常" : "账号或所属机构已停用，不能登录")]
        let roles = try platform.identity.roles.all(reader).filter { principal.roles.contains($0.name) }
        steps.append(Step(title: "角色", isPassed: !roles.isEmpty, because: roles.isEmpty ? "没有任何有效的角色" : roles.map(\.title).joined(separator: "、")))
        if let path = address["path"] { steps += try route(path, principal, roles, reader) }
        if let name = address["ledger"], let ledger = platform.ledgers.declaration(name) {
            steps.append(try permission(ledger.readPermission, principal, roles, reader))
            if let id = address["row"].flatMap({ Int64($0) }) { steps.append(try row(ledger, id, principal, reader)) }
        }
        return steps
    }

    private func route(_ text: String, _ principal: Principal, _ roles: [Role], _ reader: any Reader) throws -> [Step] {
        let path = String(text.prefix { $0 != "?" })
        let matches = table.entries.filter { $0.method == "GET" && $0.matches(path) }
        // The router prefers literal segments; so does this.
        guard let entry = matches.min(by: { Self.width($0.path) < Self.width($1.path) }) else { return [Step(title: "功能地址", isPassed: false, because: "没有这个地址：\(path)")] }
        let found = Step(title: "功能地址", isPassed: true, because: entry.path)
        // Pages and API of ledgers ask their ledger's own permission behind the route.
        let parts = path.split(separator: "/").map(String.init)
        let name = parts.first == "ledgers" ? parts.dropFirst().first : parts.starts(with: ["api", "v1"]) ? parts.dropFirst(2).first : nil
        if entry.permission == .signedIn, let ledger = name.flatMap({ platform.ledgers.declaration($0) }) {
            return [found, try permission(ledger.readPermission, principal, roles, reader)]
        }
        switch entry.permission {
        case .open: return [found, Step(title: "功能权限", isPassed: true, because: "无需登录")]
        case .signedIn: return [found, Step(title: "功能权限", isPassed: true, because: "登录即可")]
        case .named(let name): return [found, try permission(name, principal, roles, reader)]
        }
    }

    private static func width(_ pattern: String) -> Int { pattern.split(separator: "/").count { $0.hasPrefix("{") || $0 == "**" } }

    private func permission(_ name: String, _ principal: Principal, _ roles: [Role], _ reader: any Reader) throws -> Step {
        let givers = roles.filter { role in
            role.permissions.contains(name) || role.permissions.contains("*") || role.permissions.contains("*" + (name.lastIndex(of: ".").map { String(name[$0...]) } ?? ""))
        }
        if principal.may(name) { return Step(title: "权限 \(name)", isPassed: true, because: "来自角色：\(givers.map(\.title).joined(separator: "、"))") }
        let limits = principal.limits.filter { $0.permissions.contains(name) }
        let faults = limits.compactMap { limit in limit.fault(at: platform.clock.now, from: principal.address).map { "条件授权第 \(limit.id) 条：\($0)（\(limit.reason)）" } }
        if principal.withheld.contains(name), !limits.isEmpty, faults.count == limits.count {
            return Step(title: "权限 \(name)", isPassed: false, because: faults.joined(separator: "；"))
        }
        if !givers.isEmpty, let keeper = principal.bound?.keeper(of: name) {
            let unit = try platform.identity.organisations.find(keeper, reader)?.name ?? "所在单位"
            return Step(title: "权限 \(name)", isPassed: false, because: "角色“\(givers.map(\.title).joined(separator: "、"))”有此权限，但超出“\(unit)”的单位权限上限")
        }
        let because = principal.withheld.contains(name) ? "三员分立：系统管理员不能持有此权限" : "所持角色都没有此权限"
        return Step(title: "权限 \(name)", isPassed: false, because: because)
    }

    private func row(_ ledger: LedgerDeclaration, _ id: Int64, _ principal: Principal, _ reader: any Reader) throws -> Step {
        let title = "\(ledger.title) \(id)"
        guard let name = ledger.table?.name, let row = try reader.first("SELECT org, area, deleted_at FROM \(ident: name) WHERE id = \(id)") else {
            return Step(title: title, isPassed: false, because: "没有这条记录")
        }
        let owner = try row.int("org").flatMap { try platform.identity.organisations.find($0, reader) }?.name ?? "无"
        let place = "记录属于“\(owner)”，区划 \(row.text("area") ?? "无")；该用户的数据范围：\(scope(principal))"
        guard ledger.mayRead(org: row.int("org"), area: row.text("area"), principal) else {
            return Step(title: title, isPassed: false, because: "不在数据范围内。\(place)\(try grids(row.int("org"), principal, reader))")
        }
        if row.moment("deleted_at") != nil { return Step(title: title, isPassed: false, because: "记录已删除。\(place)") }
        return Step(title: title, isPassed: true, because: place + (try grids(row.int("org"), principal, reader)))
    }

    /// In which of the person's grids the owner stands and how it came there, and otherwise in whose it stands.
    private func grids(_ org: Int64?, _ principal: Principal, _ reader: any Reader) throws -> String {
        guard case .grids(let reach) = principal.scope, let org else { return "" }
        let within = try reach.reasons(for: org, reader)
        if !within.isEmpty { return "；在该用户的" + within.joined(separator: "、") }
        let others = try platform.identity.grids.grids(of: org, reader).filter { $0.way != .keptOut }.map(\.name)
        return others.isEmpty ? "；此单位不在任何网格内" : "；此单位属于网格“\(others.joined(separator: "、"))”，该用户不在其中任职"
    }

    private func scope(_ principal: Principal) -> String {
        if case .grids(let reach) = principal.scope, reach.tree == .organisations { return "局点机构树内 \(reach.organisations.count) 家机构的数据" }
        return switch principal.scope {
        case .everything: "全部数据"
        case .areas(let areas): "区划 " + areas.joined(separator: "、") + " 内的数据"
        case .grids(let reach): "所在网格及下级网格内 \(reach.organisations.count) 家单位的数据"
        case .organisation: "本单位（\(principal.organisationName)）的数据"
        case .nothing: "没有数据"
        }
    }

    private static func markup(_ steps: [Step]) -> Markup {
        let fault = steps.first { !$0.isPassed }
        let verdict = fault.map { Notice(.red, "不可以：\($0.title)，\($0.because)") } ?? Notice(.good, "可以")
        let rows = steps.map { step -> TableRow in
            TableRow(id: step.title, ["\(step.title)", "\(step.isPassed ? Badge("通过", .good) : Badge("不通过", .red))", "\(step.because)"])
        }
        let columns = [Column("title", "步骤"), Column("verdict", "结果"), Column("because", "依据", isWrapping: true)]
        return "\(verdict)\(DataTable(id: "steps", columns: columns, rows: rows, address: PageAddress("/admin/explain"), hasTools: false))"
    }
}
