import Cryptography
import Exchange
import Features
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 密钥管理 (D17.6): the list of keys with their states, the life of each, destruction by two people, backup to a custodian and back.
struct KeyPages: Sendable {
    let keys: KeyStore
    static let path = "/security/keys"
    /// Its answer is a file, which the browser saves.
    private static let backupTitle = "备份密钥"
    private var platform: Platform { keys.platform }

    func add(to routes: Routes) {
        let reads = RoutePermission.named(SecurityPermission.keysRead), manages = RoutePermission.named(SecurityPermission.keysManage)
        let witnesses = RoutePermission.named(SecurityPermission.keysWitness)
        routes.get(Self.path, permission: reads, use: list)
        routes.get(Self.path + "/export", permission: reads, use: export)
        routes.get(Self.path + "/new", permission: manages) { _, context in try makeForm([:], [], context) }
        routes.post(Self.path + "/new", permission: manages, isDangerous: true, use: make)
        routes.get(Self.path + "/backup", permission: manages) { _, context in try await backupForm([], context) }
        routes.post(Self.path + "/backup", permission: manages, isDangerous: true, use: backup)
        routes.get(Self.path + "/restore", permission: manages) { _, context in try await restoreForm([], context) }
        routes.post(Self.path + "/restore", permission: manages, isDangerous: true, use: restore)
        routes.get(Self.path + "/{id}", permission: reads, use: show)
        routes.post(Self.path + "/{id}/activate", permission: manages, isDangerous: true) { _, context in
            try await act("已启用", context) { try keys.activate($0, by: $1, in: $2) }
        }
        routes.post(Self.path + "/{id}/archive", permission: manages, isDangerous: true) { _, context in try await act("已归档", context) { try keys.archive($0, by: $1, in: $2) } }
        for (word, permission) in [("stop", manages), ("ask", manages), ("refuse", witnesses)] {
            routes.get(Self.path + "/{id}/" + word, permission: permission) { _, context in try await reasonForm(word, [], context) }
            routes.post(Self.path + "/{id}/" + word, permission: permission, isDangerous: true) { request, context in try await reasoned(word, request, context) }
        }
        routes.post(Self.path + "/{id}/destroy", permission: witnesses, isDangerous: true) { _, context in try await act("已销毁", context) { try keys.destroy($0, by: $1, in: $2) } }
    }

    private static func badge(_ state: SecurityKey.State) -> Badge {
        switch state {
        case .made: Badge(state.title, .info)
        case .active: Badge(state.title, .good)
        case .retired, .archived: Badge(state.title, .neutral)
        case .stopped: Badge(state.title, .red)
        case .destroyed: Badge(state.title, .muted)
        }
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let address = context.here
        let size = min(max(address["size"].flatMap { Int($0) } ?? 20, 1), 100), before = address["before"].flatMap { Int64($0) }
        let (state, purpose, keyword) = (address["state"], address["purpose"], address["q"])
        let found = try await platform.database.read { try keys.page(state: state, purpose: purpose, keyword: keyword, before: before, limit: size + 1, $0) }
        let today = platform.clock.today
        let rows = found.prefix(size).map { key -> TableRow in
            let due = key.state == .active ? key.rotateBy.map { $0 <= today.adding(days: 14) } ?? false : false
            return TableRow(
                id: "\(key.id)",
                [
                    "<span class=\"mono\">\(key.name)</span>", "\(key.title)", "\(key.generation)", "\(key.purpose.title)",
                    "\(Self.badge(key.state))\(Markup.when(key.askedAt != nil && key.state != .destroyed, " \(Badge("待监销", .orange))"))",
                    "\(key.madeAt.day) \(key.madeByName)", "\(key.rotateBy.map(\.text) ?? "")\(Markup.when(due, " \(Badge("应更换", .red))"))",
                    "\(key.backedUpAt.map { $0.day.text } ?? "未备份")",
                ], path: "\(Self.path)/\(key.id)")
        }
        let columns = [
            Column("name", "密钥名"), Column("title", "用途说明", isWrapping: true), Column("generation", "代", align: .end), Column("purpose", "用途"), Column("state", "状态"),
            Column("made", "生成"),
            Column("rotate", "更换期限"), Column("backup", "最近备份"),
        ]
        let fields = [
            FormField("q", "密钥名", .text, value: keyword, placeholder: "完整的密钥名或指纹"),
            FormField("state", "状态", .select(SecurityKey.State.allCases.map { Choice($0.rawValue, $0.title) }), value: state),
            FormField("purpose", "用途", .select(SecurityKey.Purpose.allCases.map { Choice($0.rawValue, $0.title) }), value: purpose),
        ]
        let table = DataTable(
            id: "keys", columns: columns, rows: Array(rows), address: address,
            pager: Pager(
                first: before == nil ? nil : address.restarting.text, next: found.count > size ? address.with("before", "\(found[size - 1].id)").text : nil, size: size,
                sizes: [20, 50, 100]),
            empty: "还没有密钥：由安全管理员生成，启用后业务人员和应用才能调用密码服务")
        let manages = context.principal?.holds(SecurityPermission.keysManage) == true
        let buttons: Markup =
            !manages
            ? .empty
            : "\(ActionButton("恢复", .dialog(Self.path + "/restore"), icon: "upload"))\(ActionButton("备份", .link(Self.path + "/backup"), icon: "archive"))\(ActionButton("生成密钥", .dialog(Self.path + "/new"), icon: "plus", style: .primary))"
        let ring = Notice(.info, "密钥以平台密钥环（第 \(platform.keys.currentVersion) 版）加密保存，不显示、不以明文导出。生成和管理密钥的人不能使用密钥；销毁须由另一人监销确认。")
        return Shell.page(
            "密钥管理", crumbs: [Crumb(SecurityMenu.group), Crumb("密钥管理")], active: Self.path,
            actions: "\(SheetAnswer.buttons(address.restarting, path: Self.path + "/export"))\(buttons)",
            body: "\(ring)\(SearchForm(action: Self.path, fields: fields, table: "keys"))\(table)", context: context)
    }

    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn(), address = context.here
        let (state, purpose, keyword) = (address["state"], address["purpose"], address["q"])
        let found = try await platform.database.write { tx in
            let found = try keys.page(state: state, purpose: purpose, keyword: keyword, before: nil, limit: 5000, tx)
            try keys.note("export", 0, "导出密钥清单，共 \(found.count) 条", by: principal, in: tx)
            return found
        }
        let columns = ["密钥名", "用途说明", "代", "用途", "状态", "生成时间", "生成人", "启用时间", "更换期限", "最近备份", "保管人", "指纹"].map { SheetColumn($0, width: 18) }
        let rows = found.map { key -> [Cell] in
            [
                .text(key.name), .text(key.title), .text("\(key.generation)"), .text(key.purpose.title), .text(key.state.title), .moment(key.madeAt), .text(key.madeByName),
                key.activeFrom.map(Cell.moment) ?? .empty, .text(key.rotateBy?.text ?? ""), key.backedUpAt.map(Cell.moment) ?? .empty, .text(key.custodian ?? ""),
                .text(key.fingerprint),
            ]
        }
        return try await SheetAnswer(name: "密钥清单-\(platform.clock.today.text)", columns: columns, rows: rows).response(context, on: platform.database)
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let id = try context.id()
        let (key, history) = try await platform.database.read { [platform] in (try keys.find(id, $0), try platform.audit.history(of: "securityKey", "\(id)", limit: 50, $0)) }
        let base = "\(Self.path)/\(id)"
        var buttons: [Markup] = []
        if context.principal?.holds(SecurityPermission.keysManage) == true {
            if key.state == .made { buttons.append("\(ActionButton("启用", .post(base + "/activate", confirm: "启用后，前一代密钥只用于解历史。确定启用？"), style: .primary))") }
            if key.state == .retired { buttons.append("\(ActionButton("归档", .post(base + "/archive", confirm: "确定归档？归档密钥只用于解历史密文和验历史签名。")))") }
            if [.made, .active, .retired, .archived].contains(key.state) { buttons.append("\(ActionButton("紧急停用", .dialog(base + "/stop"), style: .danger))") }
            if [.made, .archived, .stopped].contains(key.state), key.askedAt == nil { buttons.append("\(ActionButton("申请销毁", .dialog(base + "/ask"), style: .danger))") }
        }
        if context.principal?.holds(SecurityPermission.keysWitness) == true, key.askedAt != nil, key.state != .destroyed {
            buttons.append(
                "\(ActionButton("不同意", .dialog(base + "/refuse")))\(ActionButton("监销确认", .post(base + "/destroy", confirm: "销毁后，用此密钥加密的内容将永远无法打开。确定销毁？"), style: .danger))")
        }
        var items: [DescriptionList.Item] = [
            .init("密钥名", "<span class=\"mono\">\(key.name)</span> 第 \(key.generation) 代"), .init("状态", "\(Self.badge(key.state))"), .init("用途说明", "\(key.title)"),
            .init("用途", "\(key.purpose.title)"),
            .init("生成", "\(key.madeAt) \(key.madeByName)"), .init("启用", "\(key.activeFrom.map(\.text) ?? "—")"), .init("更换期限", "\(key.rotateBy.map(\.text) ?? "—")"),
            .init("最近备份", "\(key.backedUpAt.map(\.text) ?? "未备份") \(key.custodian ?? "")"), .init("指纹", "<span class=\"mono\">\(key.fingerprint)</span>", isWide: true),
        ]
        if let asked = key.askedAt { items.append(.init("销毁申请", "\(asked) \(key.askedByName ?? "")：\(key.askedReason ?? "")", isWide: true)) }
        if let destroyed = key.destroyedAt { items.append(.init("监销", "\(destroyed) \(key.destroyedByName ?? "")", isWide: true)) }
        let pem: Markup = key.certificate.map { text -> Markup in "\(Card("证书（可公开）", body: "<pre class=\"mono\">\(text)</pre>"))" } ?? .empty
        let entries = history.map { Timeline.Entry($0.at, $0.summary, who: $0.actor, body: .empty, tone: .neutral) }
        return Shell.page(
            "\(key.title)", crumbs: [Crumb(SecurityMenu.group), Crumb("密钥管理", Self.path), Crumb(key.name)], active: Self.path, actions: Markup.joined(buttons, by: ""),
            body: "\(Card(body: "\(DescriptionList(items))"))\(Card("经过", body: "\(Timeline(entries))"))\(pem)", context: context)
    }

    // MARK: Forms

    private func makeForm(_ entered: [String: String], _ findings: [FieldFinding], _ context: WebContext) throws -> Response {
        let fields = [
            FormField("name", "密钥名", .text, value: entered["name"], isRequired: true, help: "小写字母、数字和“-”；填已有的名称即生成下一代", placeholder: "contract-sign", maxLength: 40),
            FormField("title", "用途说明", .text, value: entered["title"], isRequired: true, maxLength: 60),
            FormField("purpose", "用途", .select(SecurityKey.Purpose.allCases.map { Choice($0.rawValue, $0.title) }), value: entered["purpose"], isRequired: true),
            FormField("days", "更换周期", .number(step: "1"), value: entered["days"] ?? "365", isRequired: true, unit: "天", minimum: "1", maximum: "1825"),
        ]
        return dialog(
            "生成密钥", Form(action: Self.path + "/new", sections: [FormSection(nil, fields)], submit: "生成", cancel: Self.path, findings: findings, context: context), findings, context
        )
    }

    private func dialog(_ title: String, _ form: Form, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        Shell.page(
            title, crumbs: [Crumb(SecurityMenu.group), Crumb("密钥管理", Self.path), Crumb(title)], active: Self.path, status: findings.isEmpty ? .ok : .unprocessableContent,
            body: "<div hx-boost=\"\(title == Self.backupTitle ? "false" : "true")\">\(form)</div>", context: context)
    }

    @Sendable func make(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context)
        guard let purpose = input["purpose"].flatMap(SecurityKey.Purpose.init) else {
            return try makeForm(
                ["name": input["name"] ?? "", "title": input["title"] ?? "", "days": input["days"] ?? ""], [FieldFinding("purpose", "required", "请选择用途", title: "用途")], context)
        }
        let draft = KeyStore.Draft(name: input["name"] ?? "", title: input["title"] ?? "", purpose: purpose, days: input["days"].flatMap { Int($0) } ?? 0)
        do {
            let made = try await platform.database.write { try keys.make(draft, by: principal, in: $0) }
            return Shell.done("已生成，待启用", to: "\(Self.path)/\(made.id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try makeForm(["name": draft.name, "title": draft.title, "purpose": purpose.rawValue, "days": input["days"] ?? ""], failure.fields, context)
        }
    }

    private func act(_ said: String, _ context: WebContext, _ work: @escaping @Sendable (Int64, Principal, any Transaction) throws -> Void) async throws -> Response {
        let principal = try context.signedIn(), id = try context.id()
        try await platform.database.write { try work(id, principal, $0) }
        return Shell.done(said, to: "\(Self.path)/\(id)", context: context)
    }

    private static let reasons = ["stop": ("紧急停用", "停用后立即不能使用，包括解历史。"), "ask": ("申请销毁", "由监销人确认后销毁，不可恢复。"), "refuse": ("不同意销毁", "申请退回。")]

    private func reasonForm(_ word: String, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let id = try context.id(), (title, said) = Self.reasons[word] ?? ("", "")
        let form = Form(
            action: "\(Self.path)/\(id)/\(word)",
            sections: [FormSection(nil, [FormField("reason", "原因", .textArea(rows: 3), isRequired: true, help: said, maxLength: 200, isWide: true)])], submit: title,
            cancel: "\(Self.path)/\(id)", findings: findings, context: context)
        return dialog(title, form, findings, context)
    }

    private func reasoned(_ word: String, _ request: Request, _ context: WebContext) async throws -> Response {
        let reason = try await request.form(context)["reason"] ?? ""
        do {
            return try await act("已\(Self.reasons[word]?.0 ?? "办理")", context) { id, principal, tx in
                switch word {
                case "stop": try keys.stop(id, reason: reason, by: principal, in: tx)
                case "ask": try keys.askDestruction(id, reason: reason, by: principal, in: tx)
                default: try keys.refuseDestruction(id, reason: reason, by: principal, in: tx)
                }
            }
        } catch let failure as Failure where failure.kind == .invalid { return try await reasonForm(word, failure.fields, context) }
    }

    private func backupForm(_ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let rows = try await platform.database.read {
            try $0.rows("SELECT id, title FROM security_certificate WHERE \"use\" = 'custodian' AND state = 'valid' AND deleted_at IS NULL ORDER BY id DESC LIMIT 100")
        }
        let fields = [
            FormField(
                "certificate", "保管人证书", .select(rows.map { Choice("\($0.int("id") ?? 0)", $0.text("title") ?? "") }), isRequired: true,
                help: "取自证书台账中用途为“密钥保管”的 SM2 证书；只有保管人的私钥能打开备份", isWide: true)
        ]
        return dialog(
            Self.backupTitle, Form(action: Self.path + "/backup", sections: [FormSection(nil, fields)], submit: "备份并下载", cancel: Self.path, findings: findings, context: context),
            findings,
            context)
    }

    @Sendable func backup(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let id = try await request.form(context)["certificate"].flatMap { Int64($0) } ?? 0
        do {
            let sealed = try await platform.database.write { try keys.backup(to: id, by: principal, in: $0) }
            return .download(sealed, filename: "密钥备份-\(platform.clock.today.text).p7e", contentType: "application/pkcs7-mime")
        } catch let failure as Failure where failure.kind == .invalid { return try await backupForm(failure.fields, context) }
    }

    private func restoreForm(_ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let fields = [
            FormField("file", "备份文件", .file(accept: ".p7e", isMultiple: false), isRequired: true, isWide: true),
            FormField("certificate", "保管人证书（PEM）", .textArea(rows: 4), isRequired: true, isWide: true),
            FormField("key", "保管人私钥（PEM，不保存）", .textArea(rows: 4), isRequired: true, isWide: true),
        ]
        let form = Form(action: Self.path + "/restore", sections: [FormSection(nil, fields)], submit: "恢复缺失的密钥", cancel: Self.path, findings: findings, context: context)
        return dialog("恢复密钥", form, findings, context)
    }

    @Sendable func restore(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let input = try await request.form(context, limit: 8 << 20)
        let file = input.files("file").first?.bytes ?? [], key = input["key"] ?? "", certificate = input["certificate"] ?? ""
        do {
            let (restored, left) = try await platform.database.write { try keys.restore(file, key: key, certificate: certificate, by: principal, in: $0) }
            return Shell.done("恢复 \(restored) 个，已存在或已销毁 \(left) 个", to: Self.path, context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await restoreForm(failure.fields.isEmpty ? [FieldFinding("file", "format", failure.message, title: "备份文件")] : failure.fields, context)
        }
    }
}
