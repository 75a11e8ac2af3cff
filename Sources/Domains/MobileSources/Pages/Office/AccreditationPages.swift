import Cryptography
import Exchange
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// A-21 授权认证: maintenance units, their number, their keys for each enterprise.
struct AccreditationPages: Sendable {
    let gates: GateSupervision

    func add(to routes: Routes) {
        let acts = RoutePermission.named(GatePermission.accreditation)
        routes.get("/accreditation", permission: acts, use: list)
        routes.get("/accreditation/{id}", permission: acts, use: show)
        routes.get("/accreditation/{id}/approve", permission: acts, use: approveForm)
        routes.post("/accreditation/{id}/approve", permission: acts, use: approve)
        routes.get("/accreditation/{id}/stop", permission: acts, use: stopForm)
        routes.post("/accreditation/{id}/stop", permission: acts, use: stop)
        routes.get("/accreditation/{id}/keys/new", permission: acts, use: keyForm)
        routes.post("/accreditation/{id}/keys/check", permission: acts, use: checkKey)
        routes.post("/accreditation/{id}/keys/new", permission: acts, use: addKey)
        routes.post("/accreditation/{id}/keys/{key}/revoke", permission: acts, use: revokeKey)
    }

    private static let ledger = MaintenanceUnit.ledger.name

    private static func badge(_ state: String) -> Badge {
        let tones: [String: Tone] = ["applied": .info, "approved": .good, "suspended": .orange, "revoked": .red]
        return Badge(GateCodes.unitState.title(of: state), tones[state] ?? .muted, isDot: true)
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (page, keys) = try await gates.database.read { [gates] reader in
            let page = try gates.ledgers.list(LedgerQuery(ledger: Self.ledger, search: context.here["q"], limit: 200), by: principal, in: reader)
            var keys: [String: Int] = [:]
            try reader.each("SELECT c.name, COUNT(*) FROM signed_clients c JOIN signed_client_keys k ON k.client_id = c.id WHERE k.state = 'active' GROUP BY c.name") { row in
                keys[row[0].text ?? ""] = Int(row[1].int ?? 0)
                return true
            }
            return (page, keys)
        }
        let columns = [
            Column("name", "单位名称", isWrapping: true), Column("no", "授权认证编号"), Column("state", "授权状态"), Column("valid", "有效期至"), Column("keys", "有效密钥", align: .end),
            Column("at", "登记时间"),
        ]
        let today = gates.clock.today
        let rows = page.records.map { unit -> TableRow in
            let state = unit[MaintenanceUnit.state] ?? "applied"
            let valid: Markup =
                unit[MaintenanceUnit.validTo].map { day in day < today ? "\(Badge("\(day.text) 已到期", .orange))" : "\(day)" }
                ?? "<span class=\"muted\">\(state == "approved" ? "长期" : "—")</span>"
            let cells: [Markup] = [
                "\(unit[MaintenanceUnit.name])", "<span class=\"mono\">\(unit[MaintenanceUnit.accreditationNo])</span>", "\(Self.badge(state))", valid,
                "\(keys["maintenanceUnit-\(unit.id)"] ?? 0)", "\(unit.createdAt)",
            ]
            return TableRow(id: String(unit.id), cells, path: "/accreditation/\(unit.id)")
        }
        let action: Markup =
            context.may(MaintenanceUnit.ledger.writePermission) ? "\(ActionButton("登记运维单位", .dialog("/ledgers/\(Self.ledger)/new"), icon: "plus", style: .primary))" : .empty
        let search = SearchForm(action: "/accreditation", fields: [FormField("q", "关键字", .text, value: context.here["q"], placeholder: "单位名称、编号")], table: "units")
        let table = DataTable(id: "units", columns: columns, rows: rows, address: context.here, empty: "还没有登记运维单位")
        return Shell.page("运维单位授权", crumbs: [Crumb("企业与门禁"), Crumb("运维单位授权")], active: "/accreditation", actions: action, body: "\(search)\(table)", context: context)
    }

    private func unit(_ context: WebContext) async throws -> Record {
        guard let unit = try await gates.ledgers.find(Self.ledger, id: context.id(), by: context.signedIn()) else { throw Failure.notFound("运维单位") }
        return unit
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let unit = try await unit(context)
        let keys = try await gates.accreditation.keys(unit: unit.id, by: principal)
        let (history, tokens) = try await gates.database.read { [gates] reader in
            (try gates.ledgers.history(Self.ledger, id: unit.id, by: principal, in: reader), try KeyUse.read(keys.map(\.objectCode), in: reader))
        }
        let state = unit[MaintenanceUnit.state] ?? "applied"
        let presenter = try gates.ledgers.presenter(Self.ledger, for: principal)
        let facts = DescriptionList(
            MaintenanceUnit.ledger.fields.map { field in
                field.name == "state" ? .init(field.title, "\(Self.badge(state))") : .init(field.title, "\(presenter.text(field, unit))", isWide: field.name == "opinion")
            })
        var actions: Markup = "\(ActionButton("编辑", .dialog("/ledgers/\(Self.ledger)/\(unit.id)/edit"), icon: "edit", style: .quiet))"
        if state == "approved" { actions += "\(ActionButton("停用", .dialog("/accreditation/\(unit.id)/stop"), icon: "pause"))" }
        if state != "revoked" { actions += "\(ActionButton("吊销", .dialog("/accreditation/\(unit.id)/stop?revokes=1"), icon: "ban", style: .danger))" }
        if state == "applied" || state == "suspended" || state == "expired" {
            actions += "\(ActionButton(state == "applied" ? "批准授权" : "恢复授权", .dialog("/accreditation/\(unit.id)/approve"), icon: "check", style: .primary))"
        }
        let add: Markup = state == "revoked" ? .empty : "\(ActionButton("登记公钥", .dialog("/accreditation/\(unit.id)/keys/new"), icon: "plus"))"
        let main: Markup =
            "<div class=\"stack\">\(Card("单位信息", body: "\(facts)"))\(Card("接口密钥（按企业）", actions: add, isFlush: true, body: keyTable(keys, tokens, unit.id, context)))</div>"
        let body: Markup = "\(Grid(.mainAside, [main, "\(Card("变更记录", body: "\(Timeline(history.map(\.line)))"))"]))"
        let name = unit[MaintenanceUnit.name] ?? ""
        return Shell.page(name, crumbs: [Crumb("企业与门禁"), Crumb("运维单位授权", "/accreditation"), Crumb(name)], active: "/accreditation", actions: actions, body: body, context: context)
    }

    private func keyTable(_ keys: [SignedClientKey], _ uses: [String: Moment], _ unit: Int64, _ context: WebContext) -> Markup {
        let columns = [
            Column("site", "企业", isWrapping: true), Column("kind", "算法"), Column("print", "指纹", isWrapping: true), Column("state", "状态"), Column("from", "登记时间"),
            Column("by", "登记人"), Column("use", "企业最近接入"),
        ]
        let snapshot = gates.registry.snapshot
        let now = gates.clock.now
        let rows = keys.reversed().map { key -> TableRow in
            let site = snapshot.orgByCode[key.objectCode].flatMap { snapshot.enterprises[$0]?.name } ?? key.objectCode
            let obstacle = key.obstacle(at: now)
            let revoke: Markup =
                key.state == .active
                ? "\(ActionButton("吊销", .post("/accreditation/\(unit)/keys/\(key.id)/revoke", confirm: "吊销后，\(site)的门禁系统用此密钥立即不能再上传数据，且不能恢复。确定吊销？"), style: .quiet))" : .empty
            let cells: [Markup] = [
                "\(site)<br><small class=\"mono\">\(key.objectCode)</small>", "\(key.kind)", "<span class=\"fingerprint\">\(AccreditationPages.grouped(key.fingerprint))</span>",
                "\(obstacle.map { Badge($0, .muted) } ?? Badge("有效", .good))", "\(key.validFrom)",
                "\(key.addedBy)", uses[key.objectCode].map { "\($0)" } ?? "<span class=\"muted\">未接入</span>",
            ]
            return TableRow(id: String(key.id), cells, actions: revoke)
        }
        return "\(DataTable(id: "keys", columns: columns, rows: rows, address: context.here, empty: "还没有登记公钥，门禁系统不能接入", hasTools: false))"
    }

    /// Four digits a group, so that two people can read it to each other.
    static func grouped(_ fingerprint: String) -> String {
        var out = ""
        for (index, character) in fingerprint.enumerated() {
            if index > 0, index % 4 == 0 { out.append(" ") }
            out.append(character)
        }
        return out
    }

    // MARK: Approving and stopping

    @Sendable func approveForm(request: Request, context: WebContext) async throws -> Response { approveForm(try await unit(context), nil, [], .ok, context) }

    private func approveForm(_ unit: Record, _ validTo: String?, _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ context: WebContext) -> Response {
        let fields = [
            FormField("what", "运维单位", .shown("\(unit[MaintenanceUnit.name])"), isWide: true),
            FormField("validTo", "授权有效期至", .day, value: validTo, help: "不填为长期；批准后自动给出授权认证编号", minimum: gates.clock.today.text, isWide: true),
        ]
        return dialog(
            "批准授权",
            Form(
                action: "/accreditation/\(unit.id)/approve", sections: [FormSection(nil, fields)], submit: "批准", cancel: "/accreditation/\(unit.id)", findings: findings,
                context: context), unit, status, context)
    }

    private func dialog(_ title: String, _ form: Form, _ unit: Record, _ status: HTTPResponse.Status, _ context: WebContext) -> Response {
        Shell.page(
            title, crumbs: [Crumb("运维单位授权", "/accreditation"), Crumb(unit[MaintenanceUnit.name] ?? "", "/accreditation/\(unit.id)"), Crumb(title)], active: "/accreditation",
            status: status,
            body: context.isDialog ? "\(form)" : "\(Card(body: "\(form)"))", context: context)
    }

    @Sendable func approve(request: Request, context: WebContext) async throws -> Response {
        let unit = try await unit(context)
        let entered = try await request.form(context)["validTo"]
        let day = entered.flatMap { Day(parsing: $0) }
        if entered != nil, day.map({ $0 < gates.clock.today }) ?? true {
            return approveForm(unit, entered, [FieldFinding("validTo", "range", "应为今天或以后的日期", title: "授权有效期至")], .unprocessableContent, context)
        }
        let number = try await gates.accreditation.approve(unit: unit.id, validTo: day, by: context.signedIn())
        return Shell.done("已批准，授权认证编号 \(number)", to: "/accreditation/\(unit.id)", context: context)
    }

    @Sendable func stopForm(request: Request, context: WebContext) async throws -> Response {
        stopForm(try await unit(context), revokes: context.here["revokes"] == "1", nil, [], .ok, context)
    }

    private func stopForm(_ unit: Record, revokes: Bool, _ opinion: String?, _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ context: WebContext) -> Response {
        let note: Markup = revokes ? "吊销后该单位的全部密钥永久失效，不能恢复，所服务企业的门禁系统立即不能上传数据。" : "停用后所服务企业的门禁系统立即不能上传数据，恢复授权前持续有效。"
        let fields = [
            FormField("what", "影响", .shown("\(Notice(revokes ? .red : .orange, note))"), isWide: true), FormField("revokes", "", .hidden, value: revokes ? "1" : "0"),
            FormField("opinion", "原因", .textArea(rows: 3), value: opinion, isRequired: true, maxLength: 500, isWide: true),
        ]
        let verb = revokes ? "吊销" : "停用"
        return dialog(
            "\(verb)授权",
            Form(
                action: "/accreditation/\(unit.id)/stop", sections: [FormSection(nil, fields)], submit: "确认\(verb)", cancel: "/accreditation/\(unit.id)", findings: findings,
                context: context), unit, status, context)
    }

    @Sendable func stop(request: Request, context: WebContext) async throws -> Response {
        let unit = try await unit(context)
        let input = try await request.form(context)
        let revokes = input["revokes"] == "1"
        do {
            try await gates.accreditation.stop(unit: unit.id, revokes: revokes, opinion: input["opinion"] ?? "", by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return stopForm(unit, revokes: revokes, input["opinion"], failure.fields, .unprocessableContent, context)
        }
        return Shell.done(revokes ? "已吊销" : "已停用", to: "/accreditation/\(unit.id)", context: context)
    }

    // MARK: Keys

    @Sendable func keyForm(request: Request, context: WebContext) async throws -> Response { keyForm(try await unit(context), nil, nil, [], .ok, context) }

    private func keyForm(_ unit: Record, _ code: String?, _ pem: String?, _ findings: [FieldFinding], _ status: HTTPResponse.Status, _ context: WebContext) -> Response {
        let sites = gates.registry.snapshot.enterprises.values.sorted { $0.code < $1.code }.filter { context.principal?.scope.admits(org: $0.org, area: $0.county) ?? false }
        let fields = [
            FormField("enterpriseCode", "企业", .select(sites.map { Choice($0.code, "\($0.name)（\($0.code)）") }), value: code, isRequired: true, isWide: true),
            FormField(
                "pem", "公钥（PEM）", .textArea(rows: 8), value: pem, isRequired: true, help: "RSA 2048 位及以上或 SM2，以 -----BEGIN PUBLIC KEY----- 开头。私钥由门禁系统保管，不得上传", maxLength: 8000,
                isWide: true),
        ]
        return dialog(
            "登记公钥",
            Form(
                action: "/accreditation/\(unit.id)/keys/check", sections: [FormSection(nil, fields)], submit: "下一步：核对指纹", cancel: "/accreditation/\(unit.id)", findings: findings,
                context: context), unit, status, context)
    }

    /// Shows the fingerprint before anything is registered.
    @Sendable func checkKey(request: Request, context: WebContext) async throws -> Response {
        let unit = try await unit(context)
        let input = try await request.form(context)
        let (findings, key) = read(input)
        guard findings.isEmpty, let key else { return keyForm(unit, input["enterpriseCode"], input["pem"], findings, .unprocessableContent, context) }
        let fields = [
            FormField(
                "what", "请与运维单位电话核对公钥指纹",
                .shown("<code class=\"secret fingerprint\">\(AccreditationPages.grouped(key.fingerprint))</code><p>算法 \(key.algorithm)，企业编号 \(input["enterpriseCode"])</p>"),
                isWide: true),
            FormField("enterpriseCode", "", .hidden, value: input["enterpriseCode"]), FormField("pem", "", .hidden, value: input["pem"]),
        ]
        return dialog(
            "核对公钥指纹",
            Form(action: "/accreditation/\(unit.id)/keys/new", sections: [FormSection(nil, fields)], submit: "指纹一致，登记", cancel: "/accreditation/\(unit.id)", context: context),
            unit, .ok, context)
    }

    private func read(_ input: FormInput) -> ([FieldFinding], PublicKey?) {
        var findings: [FieldFinding] = []
        if input["enterpriseCode"] == nil { findings.append(FieldFinding("enterpriseCode", "required", "请选择企业", title: "企业")) }
        guard let pem = input["pem"] else { return (findings + [FieldFinding("pem", "required", "请粘贴公钥", title: "公钥（PEM）")], nil) }
        if pem.contains("PRIVATE KEY") { return (findings + [FieldFinding("pem", "private", "这是私钥，请立即更换密钥，只提交公钥", title: "公钥（PEM）")], nil) }
        do {
            return (findings, try PublicKey(pem: pem))
        } catch let failure as Failure {
            return (findings + [FieldFinding("pem", failure.code, failure.message, title: "公钥（PEM）")], nil)
        } catch {
            return (findings + [FieldFinding("pem", "format", "不是有效的公钥", title: "公钥（PEM）")], nil)
        }
    }

    @Sendable func addKey(request: Request, context: WebContext) async throws -> Response {
        let unit = try await unit(context)
        let principal = try context.signedIn()
        let input = try await request.form(context)
        let (findings, key) = read(input)
        guard findings.isEmpty, let key else { return keyForm(unit, input["enterpriseCode"], input["pem"], findings, .unprocessableContent, context) }
        let code = input["enterpriseCode"] ?? ""
        do {
            try await gates.accreditation.addKey(unit: unit.id, enterpriseCode: code, pem: input["pem"] ?? "", by: principal)
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .conflict {
            let found = failure.fields.isEmpty ? [FieldFinding("pem", failure.code, failure.message, title: "公钥（PEM）")] : failure.fields
            return keyForm(unit, code, input["pem"], found, .unprocessableContent, context)
        }
        try await record("create", unit, "为企业 \(code) 登记公钥 \(key.fingerprint.prefix(16))…", principal)
        return Shell.done("已登记公钥", to: "/accreditation/\(unit.id)", context: context)
    }

    @Sendable func revokeKey(request: Request, context: WebContext) async throws -> Response {
        let unit = try await unit(context)
        let principal = try context.signedIn()
        let id = try context.id("key")
        guard let key = try await gates.accreditation.keys(unit: unit.id, by: principal).first(where: { $0.id == id }) else { throw Failure.notFound("公钥") }
        try await gates.accreditation.revokeKey(id, by: principal)
        try await record("delete", unit, "吊销企业 \(key.objectCode) 的公钥 \(key.fingerprint.prefix(16))…", principal)
        return Shell.done("已吊销公钥", to: "/accreditation/\(unit.id)", context: context)
    }

    private func record(_ action: String, _ unit: Record, _ summary: String, _ principal: Principal) async throws {
        let name = unit[MaintenanceUnit.name] ?? ""
        try await gates.database.write { [gates] tx in try gates.audit.record(AuditEntry(action, "clientKey", "\(unit.id)", "\(name)：\(summary)"), by: principal, in: tx) }
    }
}

/// When the gates of each enterprise last asked for a token, from the audit book.
enum KeyUse {
    /// - Returns: keys are numbers of enterprises.
    static func read(_ codes: [String], in reader: any Reader) throws -> [String: Moment] {
        var uses: [String: Moment] = [:]
        for code in Set(codes).prefix(100) {
            if let at = try reader.value("SELECT at FROM audit WHERE object_kind = 'gateToken' AND object_id = \(code) ORDER BY day DESC, id DESC LIMIT 1")?.int {
                uses[code] = Moment(milliseconds: at)
            }
        }
        return uses
    }
}
