import Exchange
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import MobileSources
import Storage
import Web

/// A-21 授权认证: one maintenance unit before the supervisor: what it applied for, approval, return, suspension, revocation.
struct AccreditationPages: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) {
        let acts = RoutePermission.named(GatePermission.accreditation)
        AccreditationList(gates: gates).add(to: routes)
        AccreditationKeyPages(gates: gates).add(to: routes)
        routes.get("/accreditation/{id}", permission: acts, use: show)
        routes.get("/accreditation/{id}/approve", permission: acts, use: approveForm)
        routes.post("/accreditation/{id}/approve", permission: acts, use: approve)
        routes.get("/accreditation/{id}/reject", permission: acts, use: rejectForm)
        routes.post("/accreditation/{id}/reject", permission: acts, use: reject)
        routes.get("/accreditation/{id}/stop", permission: acts, use: stopForm)
        routes.post("/accreditation/{id}/stop", permission: acts, use: stop)
        routes.get("/accreditation/{id}/link", permission: acts, use: linkForm)
        routes.post("/accreditation/{id}/link", permission: acts, use: link)
    }

    private static let ledger = MaintenanceUnit.ledger.name

    private func unit(_ context: WebContext) async throws -> Record {
        guard let unit = try await gates.ledgers.find(Self.ledger, id: context.id(), by: context.signedIn()) else { throw Failure.notFound("运维单位") }
        return unit
    }

    private func sites(_ codes: [String]) -> [EnterpriseFacts] {
        let snapshot = gates.registry.snapshot
        return codes.compactMap { snapshot.orgByCode[$0].flatMap { snapshot.enterprises[$0] } }
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let unit = try await unit(context)
        let keys = try await gates.accreditation.keys(unit: unit.id, by: principal)
        let (history, uses, served) = try await gates.database.read { [gates] reader in
            (
                try gates.ledgers.history(Self.ledger, id: unit.id, by: principal, in: reader), try KeyUse.read(keys.map(\.objectCode), in: reader),
                try gates.units.served(by: unit.id, in: reader)
            )
        }
        let state = unit[MaintenanceUnit.state] ?? "applied"
        let add: Markup = state == "revoked" ? .empty : "\(ActionButton("登记公钥", .dialog("/accreditation/\(unit.id)/keys/new"), icon: "plus"))"
        let table = UnitFace.keyTable(
            keys, uses: uses, snapshot: gates.registry.snapshot, now: gates.clock.now, revokePath: { "/accreditation/\(unit.id)/keys/\($0)/revoke" }, context)
        let main: Markup = """
            <div class="stack">\(notice(unit, state))\(Card("单位信息", body: facts(unit, state, principal, served)))\(Card("接口密钥（按企业）", actions: add, isFlush: true, body: table))</div>
            """
        let body: Markup = "\(Grid(.mainAside, [main, "\(Card("变更记录", body: "\(Timeline(history.map(\.line)))"))"]))"
        let name = unit[MaintenanceUnit.name] ?? ""
        return Shell.page(
            name, crumbs: [Crumb("企业与门禁"), Crumb("运维单位授权", "/accreditation"), Crumb(name)], active: "/accreditation", actions: actions(unit, state), body: body, context: context)
    }

    private func notice(_ unit: Record, _ state: String) -> Markup {
        if state == "applied", unit[MaintenanceUnit.appliedAt] != nil { return "\(Notice(.info, "该单位已提交申请，请核对材料后批准或退回。"))" }
        if let asked = unit[MaintenanceUnit.renewalAskedAt] { return "\(Notice(.info, "该单位于 \(asked) 申请续期，批准时填写新的有效期。"))" }
        if state == "expired" { return "\(Notice(.orange, "授权已到期，所服务企业的门禁系统不能上传数据；恢复授权后立即可用，原密钥不变。"))" }
        return .empty
    }

    private func facts(_ unit: Record, _ state: String, _ principal: Principal, _ served: [UnitDesk.Served]) -> Markup {
        guard let presenter = try? gates.ledgers.presenter(Self.ledger, for: principal) else { return .empty }
        var items = MaintenanceUnit.ledger.fields.filter { !["askedFor", "materials", "validTo", "renewalAskedAt"].contains($0.name) }.map { field -> DescriptionList.Item in
            field.name == "state"
                ? .init(field.title, "\(UnitFace.badge(state))") : .init(field.title, "\(presenter.text(field, unit))", isWide: ["opinion", "remarks"].contains(field.name))
        }
        items.append(.init("授权有效期至", UnitFace.validity(unit, today: gates.clock.today)))
        let asked = sites(UnitFace.asked(unit))
        if !asked.isEmpty { items.append(.init("申请服务的企业", "\(asked.map(\.name).joined(separator: "、"))", isWide: true)) }
        items.append(.init("现服务的企业", served.isEmpty ? "<span class=\"muted\">无</span>" : "\(served.map(\.name).joined(separator: "、"))", isWide: true))
        items.append(.init("申请材料", UnitFace.materials(unit) { "/ledgers/\(Self.ledger)/\(unit.id)/files/materials/\($0)" }, isWide: true))
        return "\(DescriptionList(items))"
    }

    private func actions(_ unit: Record, _ state: String) -> Markup {
        let base = "/accreditation/\(unit.id)"
        var actions: Markup = "\(ActionButton("编辑", .dialog("/ledgers/\(Self.ledger)/\(unit.id)/edit"), icon: "edit", style: .quiet))"
        actions += "\(ActionButton("关联账号", .dialog("\(base)/link"), icon: "users", style: .quiet))"
        if state == "approved" { actions += "\(ActionButton("停用", .dialog("\(base)/stop"), icon: "pause"))" }
        if state == "applied" { actions += "\(ActionButton("退回申请", .dialog("\(base)/reject"), icon: "x"))" }
        if state != "revoked" { actions += "\(ActionButton("吊销", .dialog("\(base)/stop?revokes=1"), icon: "ban", style: .danger))" }
        let verbs = ["applied": "批准授权", "suspended": "恢复授权", "expired": "恢复授权", "approved": "续期"]
        if let verb = verbs[state] { actions += "\(ActionButton(verb, .dialog("\(base)/approve"), icon: "check", style: state == "approved" ? .plain : .primary))" }
        return actions
    }

    private func dialog(_ title: String, _ path: String, _ fields: [FormField], submit: String, _ unit: Record, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let form = Form(
            action: "/accreditation/\(unit.id)/\(path)", sections: [FormSection(nil, fields)], submit: submit, cancel: "/accreditation/\(unit.id)", findings: findings,
            context: context)
        return Shell.form(
            title, crumbs: [Crumb("运维单位授权", "/accreditation"), Crumb(unit[MaintenanceUnit.name] ?? "", "/accreditation/\(unit.id)"), Crumb(title)], active: "/accreditation",
            form, context: context)
    }

    // MARK: Approving

    @Sendable func approveForm(request: Request, context: WebContext) async throws -> Response { try await approveForm(unit(context), nil, nil, [], context) }

    private func approveForm(_ unit: Record, _ validTo: String?, _ serves: [String]?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let asked = sites(UnitFace.asked(unit))
        let others = try await otherUnits(of: asked, than: unit.id)
        let year = gates.clock.today.adding(days: 365).text
        var fields = [
            FormField("what", "运维单位", .shown("\(unit[MaintenanceUnit.name])"), isWide: true),
            FormField("validTo", "授权有效期至", .day, value: validTo ?? year, help: "不填为长期；首次批准时自动给出授权认证编号", minimum: gates.clock.today.text, isWide: true),
        ]
        if !asked.isEmpty {
            let choices = asked.map { site in Choice(site.code, others[site.org].map { "\(site.name)（现由 \($0) 运维，勾选后改为本单位）" } ?? site.name) }
            let chosen = serves ?? asked.filter { others[$0.org] == nil }.map(\.code)
            fields.append(FormField("serves", "服务的企业", .multiSelect(choices), values: chosen, help: "批准后，该单位可为所选企业登记公钥、接入门禁", isWide: true))
        }
        let verb = unit[MaintenanceUnit.state] == "approved" ? "续期" : "批准授权"
        return dialog(verb, "approve", fields, submit: "批准", unit, findings, context)
    }

    /// Enterprises that another unit runs, with its name.
    private func otherUnits(of sites: [EnterpriseFacts], than unit: Int64) async throws -> [Int64: String] {
        guard !sites.isEmpty else { return [:] }
        return try await gates.database.read { reader in
            let sql: SQL = """
                SELECT e.org, u.name FROM enterprise e JOIN maintenance_unit u ON u.id = e.maintenance_unit
                WHERE e.org IN (\(list: sites.map(\.org))) AND u.id <> \(unit) AND u.deleted_at IS NULL AND e.deleted_at IS NULL
                """
            return Dictionary(try reader.rows(sql).map { ($0[0].int ?? 0, $0[1].text ?? "") }, uniquingKeysWith: { first, _ in first })
        }
    }

    @Sendable func approve(request: Request, context: WebContext) async throws -> Response {
        let unit = try await unit(context)
        let input = try await request.form(context)
        let entered = input["validTo"]
        let day = entered.flatMap { Day(parsing: $0) }
        if entered != nil, day.map({ $0 < gates.clock.today }) ?? true {
            return try await approveForm(unit, entered, input.all("serves"), [FieldFinding("validTo", "range", "应为今天或以后的日期", title: "授权有效期至")], context)
        }
        let asked = Set(UnitFace.asked(unit))
        let number = try await gates.accreditation.approve(unit: unit.id, validTo: day, serves: input.all("serves").filter(asked.contains), by: context.signedIn())
        return Shell.done("已批准，授权认证编号 \(number)", to: "/accreditation/\(unit.id)", context: context)
    }

    // MARK: Returning, stopping

    @Sendable func rejectForm(request: Request, context: WebContext) async throws -> Response { rejectForm(try await unit(context), nil, [], context) }

    private func rejectForm(_ unit: Record, _ opinion: String?, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let field = FormField("opinion", "退回原因", .textArea(rows: 3), value: opinion, isRequired: true, help: "该单位登录后可以看到，修改后可重新提交", maxLength: 500, isWide: true)
        return dialog("退回申请", "reject", [field], submit: "退回", unit, findings, context)
    }

    @Sendable func reject(request: Request, context: WebContext) async throws -> Response {
        let unit = try await unit(context)
        let opinion = try await request.form(context)["opinion"] ?? ""
        do { try await gates.accreditation.reject(unit: unit.id, opinion: opinion, by: context.signedIn()) } catch let failure as Failure where failure.kind == .invalid {
            return rejectForm(unit, opinion, failure.fields, context)
        }
        return Shell.done("已退回", to: "/accreditation/\(unit.id)", context: context)
    }

    @Sendable func stopForm(request: Request, context: WebContext) async throws -> Response {
        stopForm(try await unit(context), revokes: context.here["revokes"] == "1", nil, [], context)
    }

    private func stopForm(_ unit: Record, revokes: Bool, _ opinion: String?, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let note: Markup = revokes ? "吊销后该单位的全部密钥永久失效，不能恢复，所服务企业的门禁系统立即不能上传数据。" : "停用后所服务企业的门禁系统立即不能上传数据，恢复授权前持续有效。"
        let fields = [
            FormField("what", "影响", .shown("\(Notice(revokes ? .red : .orange, note))"), isWide: true), FormField("revokes", "", .hidden, value: revokes ? "1" : "0"),
            FormField("opinion", "原因", .textArea(rows: 3), value: opinion, isRequired: true, maxLength: 500, isWide: true),
        ]
        let verb = revokes ? "吊销" : "停用"
        return dialog("\(verb)授权", "stop", fields, submit: "确认\(verb)", unit, findings, context)
    }

    @Sendable func stop(request: Request, context: WebContext) async throws -> Response {
        let unit = try await unit(context)
        let input = try await request.form(context)
        let revokes = input["revokes"] == "1"
        do {
            try await gates.accreditation.stop(unit: unit.id, revokes: revokes, opinion: input["opinion"] ?? "", by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return stopForm(unit, revokes: revokes, input["opinion"], failure.fields, context)
        }
        return Shell.done(revokes ? "已吊销" : "已停用", to: "/accreditation/\(unit.id)", context: context)
    }

    // MARK: The unit's accounts

    @Sendable func linkForm(request: Request, context: WebContext) async throws -> Response { try await linkForm(unit(context), nil, [], context) }

    private func linkForm(_ unit: Record, _ chosen: String?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let choices = try await gates.database.read { reader in
            try reader.rows(
                "SELECT id, name FROM organisations WHERE kind = \(Organisation.Kind.maintenance.rawValue) AND state = 'active' AND \(scope.condition(org: "id")) ORDER BY name LIMIT 500"
            ).map { Choice(String($0[0].int ?? 0), $0[1].text ?? "") }
        }
        let help = choices.isEmpty ? "还没有运维单位类的机构，请先在“组织机构”中新增" : "该机构下的运维单位账号登录后，看到的就是本单位的授权"
        let field = FormField("organisation", "账号所属机构", .select(choices), value: chosen ?? unit.org.map { String($0) }, isRequired: true, help: help, isWide: true)
        return dialog("关联账号", "link", [field], submit: "关联", unit, findings, context)
    }

    @Sendable func link(request: Request, context: WebContext) async throws -> Response {
        let unit = try await unit(context)
        let entered = try await request.form(context)["organisation"]
        do { try await gates.accreditation.link(unit: unit.id, to: entered.flatMap { Int64($0) } ?? 0, by: context.signedIn()) } catch let failure as Failure
            where failure.kind == .invalid
        {
            return try await linkForm(unit, entered, failure.fields, context)
        }
        return Shell.done("已关联", to: "/accreditation/\(unit.id)", context: context)
    }
}
