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

/// A-21 授权认证 as a maintenance unit sees it: apply, follow the decision, register keys, see how the gates it runs are.
struct UnitPages: Sendable {
    let gates: GateSupervision
    let blobs: any BlobStore
    static let path = "/unit"

    func add(to routes: Routes) {
        let own = RoutePermission.named(GatePermission.unitDesk)
        routes.get("/unit", permission: own, use: show)
        routes.get("/unit/apply", permission: own, use: form)
        routes.post("/unit/apply", permission: own, use: apply)
        routes.post("/unit/renew", permission: own, use: renew)
        routes.get("/unit/materials/{sha}", permission: own, use: material)
        routes.get("/unit/keys/new", permission: own, use: keyForm)
        routes.post("/unit/keys/new", permission: own, use: addKey)
        routes.post("/unit/keys/{key}/revoke", permission: own, use: revokeKey)
    }

    private func unit(_ context: WebContext) async throws -> Record? {
        let principal = try context.signedIn()
        return try await gates.database.read { [gates] reader in try gates.units.unit(of: principal, in: reader) }
    }

    // MARK: The page

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        guard let unit = try await unit(context) else { return try await page(nil, FormInput(), [], context) }
        let state = unit[MaintenanceUnit.state] ?? "applied"
        let (served, keys, uses, beats, history) = try await gates.database.read { [gates] reader in
            let served = try gates.units.served(by: unit.id, in: reader)
            let keys = try gates.units.keys(of: unit, in: reader)
            let beats = try GateNow.read(orgs: served.map(\.org), in: reader)
            let history = try gates.ledgers.history(MaintenanceUnit.ledger.name, id: unit.id, by: .system(), in: reader)
            return (served, keys, try KeyUse.read(keys.map(\.objectCode), in: reader), Dictionary(grouping: beats, by: \.org), history)
        }
        let add: Markup = state == "approved" && !served.isEmpty ? "\(ActionButton("登记公钥", .dialog("/unit/keys/new"), icon: "plus", style: .primary))" : .empty
        let table = UnitFace.keyTable(
            keys, uses: uses, snapshot: gates.registry.snapshot, now: gates.clock.now, revokePath: state == "approved" ? { "/unit/keys/\($0)/revoke" } : nil, context)
        let top: Markup =
            "\(notice(unit, state))\(Grid(.mainAside, ["\(Card("单位信息", body: facts(unit, state)))", "\(Card("办理记录", body: "\(Timeline(history.prefix(30).map(\.line)))"))"]))"
        let body: Markup = """
            <div class="stack">\(top)\(Card("服务的企业", isFlush: true, body: sites(served, beats, context)))\(Card("接口密钥（按企业）", actions: add, isFlush: true, body: table))</div>
            """
        var actions: Markup = .empty
        if ["applied", "rejected", "expired"].contains(state) {
            actions = "\(ActionButton(state == "applied" ? "修改申请" : "重新申请", .link("/unit/apply"), icon: "edit", style: .primary))"
        }
        if mayRenew(unit) { actions = "\(ActionButton("申请续期", .post("/unit/renew", confirm: "向主管部门申请延长授权有效期？"), icon: "refresh", style: .primary))" }
        return Shell.page("本单位授权", crumbs: [Crumb("运维单位"), Crumb("本单位授权")], active: Self.path, actions: actions, body: body, context: context)
    }

    private func mayRenew(_ unit: Record) -> Bool {
        guard unit[MaintenanceUnit.state] == "approved", unit[MaintenanceUnit.renewalAskedAt] == nil, let day = unit[MaintenanceUnit.validTo] else { return false }
        return day.daysSince1970 - gates.clock.today.daysSince1970 <= AccreditationDesk.warningDays
    }

    private func notice(_ unit: Record, _ state: String) -> Markup {
        let opinion = unit[MaintenanceUnit.opinion] ?? ""
        switch state {
        case "applied": return "\(Notice(.info, "申请已提交，等待主管部门审核；审核前可以修改。"))"
        case "rejected": return "\(Notice(.orange, "申请已退回：\(opinion)"))"
        case "suspended": return "\(Notice(.orange, "授权已停用：\(opinion)。所服务企业的门禁系统暂不能上传数据，请联系主管部门。"))"
        case "expired": return "\(Notice(.red, "授权已到期，所服务企业的门禁系统不能上传数据，请重新申请。"))"
        case "revoked": return "\(Notice(.red, "授权已吊销：\(opinion)。"))"
        default: break
        }
        if unit[MaintenanceUnit.renewalAskedAt] != nil { return "\(Notice(.info, "续期申请已提交，等待主管部门审核。"))" }
        if mayRenew(unit), let day = unit[MaintenanceUnit.validTo] { return "\(Notice(.yellow, "授权将于 \(day) 到期，到期后门禁系统不能上传数据，请及时申请续期。"))" }
        return .empty
    }

    private func facts(_ unit: Record, _ state: String) -> Markup {
        let no = unit[MaintenanceUnit.accreditationNo].map { "<b class=\"mono\">\($0)</b>" as Markup } ?? "<span class=\"muted\">批准后给出</span>"
        let asked = UnitFace.asked(unit).compactMap { code in gates.registry.snapshot.orgByCode[code].flatMap { gates.registry.snapshot.enterprises[$0]?.name } }
        let list = DescriptionList([
            .init("单位名称", "\(unit[MaintenanceUnit.name])"), .init("统一社会信用代码", "\(unit[MaintenanceUnit.creditCode])"), .init("授权状态", "\(UnitFace.badge(state))"),
            .init("授权认证编号", no), .init("有效期至", UnitFace.validity(unit, today: gates.clock.today)), .init("联系人", "\(unit[MaintenanceUnit.contact]) \(unit[MaintenanceUnit.phone])"),
            .init("申请服务的企业", "\(asked.joined(separator: "、"))", isWide: true), .init("能力与人员说明", "\(unit[MaintenanceUnit.remarks])", isWide: true),
            .init("申请材料", UnitFace.materials(unit) { "/unit/materials/\($0)" }, isWide: true),
        ])
        return "\(list)"
    }

    private func sites(_ served: [UnitDesk.Served], _ beats: [Int64: [GateNow]], _ context: WebContext) -> Markup {
        let columns = [Column("site", "企业", isWrapping: true), Column("code", "联网企业编号"), Column("gates", "门岗"), Column("beat", "最近心跳"), Column("pass", "最近过车")]
        let rows = served.map { site -> TableRow in
            let states = beats[site.org] ?? []
            let offline = states.filter { $0.offlineSince != nil }.count
            let faults = states.filter { $0.offlineSince == nil && $0.hasFault }.count
            let badge =
                states.isEmpty
                ? Badge("未上报", .muted, isDot: true)
                : offline > 0
                    ? Badge("离线 \(offline) / \(states.count)", .red, isDot: true)
                    : faults > 0 ? Badge("设备故障 \(faults)", .orange, isDot: true) : Badge("在线 \(states.count)", .good, isDot: true)
            return TableRow([
                "\(site.name)", "<span class=\"mono\">\(site.code)</span>", "\(badge)", "\(states.compactMap(\.heartbeatAt).max())", "\(states.compactMap(\.lastPassAt).max())",
            ])
        }
        return "\(DataTable(id: "served", columns: columns, rows: rows, address: context.here, empty: "还没有企业由本单位运维；批准时由主管部门确定", hasTools: false))"
    }

    // MARK: Applying

    @Sendable func form(request: Request, context: WebContext) async throws -> Response { try await page(unit(context), FormInput(), [], context) }

    private func page(_ unit: Record?, _ input: FormInput, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let isFresh = input.items.isEmpty
        let city = principal.area.map { String($0.prefix(4)) } ?? ""
        let sites = gates.registry.snapshot.enterprises.values.filter { $0.county.hasPrefix(city) }.sorted { $0.code < $1.code }
        func value(_ name: String, _ stored: String?) -> String? { isFresh ? stored : input[name] }
        let firm = [
            FormField("name", "单位名称", .text, value: value("name", unit?[MaintenanceUnit.name] ?? principal.organisationName), isRequired: true, maxLength: 100),
            FormField("creditCode", "统一社会信用代码", .text, value: value("creditCode", unit?[MaintenanceUnit.creditCode]), isRequired: true, maxLength: 18),
            FormField("contact", "联系人", .text, value: value("contact", unit?[MaintenanceUnit.contact] ?? principal.name), isRequired: true, maxLength: 32),
            FormField("phone", "联系电话", .text, value: value("phone", unit?[MaintenanceUnit.phone]), isRequired: true, maxLength: 20),
        ]
        let chosen = isFresh ? unit.map(UnitFace.asked) ?? [] : input.all("enterprises")
        let handed: Markup? = unit.map { UnitFace.materials($0) { "/unit/materials/\($0)" } }
        var papers = [
            FormField(
                "enterprises", "申请服务的企业", .multiSelect(sites.map { Choice($0.code, "\($0.name)（\($0.code)）") }), values: chosen, isRequired: true, help: "可多选", isWide: true),
            FormField("remarks", "能力与人员说明", .textArea(rows: 3), value: value("remarks", unit?[MaintenanceUnit.remarks]), help: "资质、运维人员、备件和响应时间", maxLength: 500, isWide: true),
        ]
        if let unit, !unit.files(named: MaintenanceUnit.materials).isEmpty, let handed { papers.append(FormField("handed", "已上传的材料", .shown(handed), isWide: true)) }
        papers.append(
            FormField(
                "materials", "申请材料", .file(accept: UploadedContent.accepted, isMultiple: true), isRequired: unit == nil,
                help: "营业执照、与企业的运维合同等，PDF、图片或 Word，每个不超过 \(UploadedContent.byteLimit >> 20) MB；重新上传将替换原有材料", isWide: true))
        let body = Form(
            action: "/unit/apply", sections: [FormSection("单位", firm), FormSection("申请", papers)], submit: "提交申请", cancel: unit == nil ? nil : Self.path, findings: findings,
            context: context)
        let guide: Markup = """
            <ol class="findings"><li>填写单位信息，选择所运维的企业，上传材料后提交。</li><li>主管部门审核：批准后给出授权认证编号和有效期，退回的可修改后再次提交。</li>\
            <li>批准后在本页为每家企业登记公钥，门禁系统即可取得令牌、上传数据。</li><li>到期前 \(AccreditationDesk.warningDays) 天可申请续期；到期未续，门禁系统不能上传数据。</li></ol>
            """
        return Shell.page(
            "申请运维授权", crumbs: [Crumb("运维单位"), Crumb("本单位授权", Self.path), Crumb("申请")], active: Self.path, status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "\(Grid(.mainAside, ["\(Card(body: "\(body)"))", "\(Card("办理步骤", body: guide))"]))", context: context)
    }

    @Sendable func apply(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context)
        var application = UnitDesk.Application(
            name: input["name"] ?? "", creditCode: input["creditCode"] ?? "", contact: input["contact"] ?? "", phone: input["phone"] ?? "", remarks: input["remarks"] ?? "",
            enterprises: input.all("enterprises"))
        var findings: [FieldFinding] = []
        var stored: [AttachedFile] = []
        for file in input.files("materials") where !file.bytes.isEmpty {
            if let problem = problem(file) {
                findings.append(FieldFinding("materials", "file", "：\(file.filename) \(problem)", title: "申请材料"))
            } else {
                stored.append(try await keep(file))
            }
        }
        if !stored.isEmpty { application.materials = stored }
        do {
            guard findings.isEmpty else { throw Failure.invalid(findings) }
            _ = try await gates.units.apply(application, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await page(unit(context), input, failure.fields, context)
        }
        return Shell.done("申请已提交", to: Self.path, context: context)
    }

    private func problem(_ file: UploadedFile) -> String? {
        if file.bytes.count > UploadedContent.byteLimit { return "超过 \(UploadedContent.byteLimit >> 20) MB 上限" }
        return UploadedContent.mediaType(of: file.bytes, named: file.filename) == nil ? "不是可接受的文件（PDF、图片、Word、Excel、PPT、ZIP、TXT）" : nil
    }

    private func keep(_ file: UploadedFile) async throws -> AttachedFile {
        let sha256 = try await blobs.put(file.bytes).hash
        let type = UploadedContent.mediaType(of: file.bytes, named: file.filename) ?? "application/octet-stream"
        return AttachedFile(sha256: sha256, name: file.filename, mediaType: type, size: file.bytes.count)
    }

    @Sendable func renew(request: Request, context: WebContext) async throws -> Response {
        try await gates.units.askRenewal(by: context.signedIn())
        return Shell.done("续期申请已提交", to: Self.path, context: context)
    }

    @Sendable func material(request: Request, context: WebContext) async throws -> Response {
        let sha256 = try context.path("sha")
        guard let unit = try await unit(context), let file = unit.files(named: MaintenanceUnit.materials).first(where: { $0.sha256 == sha256 }),
            let bytes = try await blobs.read(file.sha256)
        else { throw Failure.notFound("附件") }
        return .download(bytes, filename: file.name.isEmpty ? "附件" : file.name, contentType: file.mediaType.isEmpty ? "application/octet-stream" : file.mediaType)
    }

    // MARK: Keys

    @Sendable func keyForm(request: Request, context: WebContext) async throws -> Response { try await keyForm(PublicKeyInput(), [], context) }

    private func keyForm(_ input: PublicKeyInput, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let unit = try await unit(context)
        let served = try await gates.database.read { [gates] reader in try unit.map { try gates.units.served(by: $0.id, in: reader) } ?? [] }
        let form = Form(
            action: "/unit/keys/new", sections: [FormSection(nil, input.fields(choices: served.map { Choice($0.code, "\($0.name)（\($0.code)）") }))], submit: "登记",
            cancel: Self.path,
            findings: findings, context: context)
        return Shell.form(
            "登记公钥", crumbs: [Crumb("本单位授权", Self.path), Crumb("登记公钥")], active: Self.path, form, context: context)
    }

    @Sendable func addKey(request: Request, context: WebContext) async throws -> Response {
        let input = PublicKeyInput(try await request.form(context))
        guard input.findings.isEmpty else { return try await keyForm(input, input.findings, context) }
        do {
            try await gates.units.addKey(enterpriseCode: input.code ?? "", pem: input.pem ?? "", by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid || failure.kind == .conflict {
            return try await keyForm(input, PublicKeyInput.findings(failure), context)
        }
        return Shell.done("已登记公钥", to: Self.path, context: context)
    }

    @Sendable func revokeKey(request: Request, context: WebContext) async throws -> Response {
        try await gates.units.revokeKey(context.id("key"), by: context.signedIn())
        return Shell.done("已吊销公钥", to: Self.path, context: context)
    }
}
