import DataServices
import Exchange
import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web
import Workflows

/// 审核流程配置 (B5.1.6): which flow each scene takes at each level of its data, and which level ledgers and fields have.
struct ApprovalFlowPages: Sendable {
    let platform: Platform

    static let path = "/admin/approval-flows"
    static let assets = "/admin/data-levels"

    private var control: DualControl { platform.identity.dualControl }

    func add(to routes: Routes) {
        let (reads, writes) = (RoutePermission.named("policy.read"), RoutePermission.named("policy.write"))
        routes.get(Self.path, permission: reads) { _, context in try flows(context, nil, []) }
        routes.post(Self.path, permission: writes, isDangerous: true, use: Routes.guarded(.settingChange, save))
        routes.get(Self.assets, permission: reads, use: list)
        routes.get("\(Self.assets)/export", permission: reads, use: export)
        routes.get("\(Self.assets)/{ledger}", permission: writes) { _, context in try asset(context) }
        routes.post("\(Self.assets)/{ledger}", permission: writes, isDangerous: true, use: Routes.guarded(.settingChange, classify))
    }

    // MARK: Flows

    private func field(_ scene: String, _ level: DataLevel) -> String { "\(scene)/\(level.rawValue)" }

    /// `GET /admin/approval-flows`: a line a scene, a column a level.
    private func flows(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) throws -> Response {
        let plan = control.levels.current, mayWrite = context.may("policy.write")
        var sections = DualControl.levelled.map { act -> FormSection in
            let usual = control.current.votes[act.name] ?? 0
            let choices =
                [Choice("", "按“双人复核事项”（\(usual == 0 ? "不需复核" : "\(usual) 人同意")）"), Choice("0", "不需复核")] + (1...DualPolicy.mostVotes).map { Choice(String($0), "\($0) 人同意") }
            let fields = DataLevel.allCases.map { level in
                FormField(
                    field(act.name, level), level.title, .select(choices), value: input.map { $0[field(act.name, level)] ?? "" } ?? plan.votes[act.name]?[level].map { String($0) },
                    isReadOnly: !mayWrite)
            }
            return FormSection("\(act.title)：\(act.help)", fields)
        }
        let workflows = DataServiceApproval.workflows.map { Choice($0.name, $0.title) }
        let fields = DataLevel.allCases.map { level -> FormField in
            let usual = level == .core ? DataServiceApproval.strict : DataServiceApproval.workflow
            return FormField(
                field(DataServiceApproval.scene, level), level.title, .select([Choice("", "默认（\(usual.title)）")] + workflows),
                value: input.map { $0[field(DataServiceApproval.scene, level)] ?? "" } ?? plan.workflows[DataServiceApproval.scene]?[level], isReadOnly: !mayWrite)
        }
        sections.append(FormSection("数据接口申请：各流程的环节在“流程管理”中编辑", fields))
        let form: Markup =
            mayWrite
            ? "\(Form(action: Self.path, sections: sections, submit: "保存", cancel: nil, findings: findings, context: context))"
            : "\(sections.map { section -> Markup in "<h3>\(section.title)</h3><div class=\"form-grid\">\(section.fields)</div>" })"
        let note = Notice(.info, "先按“数据资产定级”确定所涉台账、字段或接口的安全等级，再按此处的业务场景取审核流程；导出只看所选的列，涉及多个等级的按最高的办。")
        return Shell.page(
            "审核流程配置", crumbs: [Crumb("系统"), Crumb("审核流程配置")], active: Self.path, actions: "\(ActionButton("数据资产定级", .link(Self.assets), icon: "layers"))",
            status: findings.isEmpty ? .ok : .unprocessableContent, body: "\(note)\(Card(body: form))", context: context)
    }

    @Sendable func save(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 16_384)
        var votes: [String: [DataLevel: Int]] = [:]
        var chosen: [DataLevel: String] = [:]
        for level in DataLevel.allCases {
            for act in DualControl.levelled { votes[act.name, default: [:]][level] = input[field(act.name, level)].map { Int($0) ?? -1 } }
            chosen[level] = input[field(DataServiceApproval.scene, level)]
        }
        do {
            try await control.publish(
                votes: votes, workflows: [DataServiceApproval.scene: chosen], known: Set(DataServiceApproval.workflows.map(\.name)), by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try flows(context, input, failure.fields)
        }
        return Shell.done("已保存，即时生效", to: Self.path, context: context)
    }

    // MARK: Assets

    /// One ledger as it counts now.
    private struct Asset: Sendable {
        let ledger: LedgerDeclaration
        let level: DataLevel
        /// Given by an administrator.
        let isGiven: Bool
        /// Fields that were given one of their own.
        let fields: [(title: String, level: DataLevel)]
    }

    private func known(_ window: ListWindow) -> [Asset] {
        let plan = control.levels.current, wanted = window.address["level"].flatMap(DataLevel.init)
        return platform.ledgers.declarations.map { ledger in
            let fields = ledger.fields.compactMap { field in plan.assets["\(ledger.name).\(field.name)"].map { (title: field.title, level: $0) } }
            return Asset(ledger: ledger, level: ledger.level(by: plan), isGiven: plan.assets[ledger.name] != nil, fields: fields)
        }.filter { window.finds($0.ledger.title, $0.ledger.name, $0.ledger.group) && (wanted == nil || $0.level == wanted) }
    }

    static func tone(_ level: DataLevel) -> Tone {
        switch level {
        case .open: .muted
        case .inner: .info
        case .sensitive: .orange
        case .core: .red
        }
    }

    /// `GET /admin/data-levels?q=&level=&page=`.
    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here), mayWrite = context.may("policy.write")
        let shown = window.numbered(known(window), sortedBy: ["title": { $0.ledger.title }, "level": { String(DataLevel.allCases.firstIndex(of: $0.level) ?? 0) }])
        let rows = shown.rows.map { asset -> TableRow in
            let fields = asset.fields.map { "\($0.title)（\($0.level.title)）" }.joined(separator: "、")
            return TableRow(
                id: asset.ledger.name,
                ["\(asset.ledger.title)", "\(asset.ledger.group)", "\(Badge(asset.level.title, Self.tone(asset.level)))", "\(asset.isGiven ? "指定" : "按字段")", "\(fields)"],
                actions: mayWrite ? "\(ActionButton("定级", .dialog("\(Self.assets)/\(asset.ledger.name)"), style: .quiet))" : .empty)
        }
        let columns = [
            Column("title", "台账", isSortable: true), Column("group", "目录"), Column("level", "安全等级", isSortable: true), Column("by", "来由"),
            Column("fields", "单独定级的字段", isWrapping: true),
        ]
        let list = ListPage(
            "数据资产定级", at: Self.assets, crumbs: [Crumb("系统"), Crumb("审核流程配置", Self.path), Crumb("数据资产定级")], id: "assets", columns: columns,
            filters: [.keyword(context, "台账、目录"), .choice("level", "安全等级", DataLevel.allCases.map { Choice($0.rawValue, $0.title) }, context)], empty: "没有台账",
            export: "\(Self.assets)/export")
        return list.response(rows, shown.pager, context)
    }

    /// `GET /admin/data-levels/export`.
    @Sendable func export(request: Request, context: WebContext) async throws -> Response {
        let rows = known(ListWindow(context.here)).map { asset -> [Cell] in
            [
                Cell(asset.ledger.title), Cell(asset.ledger.group), Cell(asset.level.title), Cell(asset.isGiven ? "指定" : "按字段"),
                Cell(asset.fields.map { "\($0.title)（\($0.level.title)）" }.joined(separator: "、")),
            ]
        }
        return try await SheetAnswer(name: "数据资产定级", columns: ["台账", "目录", "安全等级", "来由", "单独定级的字段"].map { SheetColumn($0) }, rows: rows).response(context, on: platform.database)
    }

    private func ledger(_ context: WebContext) throws -> LedgerDeclaration {
        guard let ledger = platform.ledgers.declaration(try context.path("ledger")) else { throw Failure.notFound("该台账") }
        return ledger
    }

    /// `GET /admin/data-levels/{ledger}`.
    private func asset(_ context: WebContext) throws -> Response {
        let ledger = try ledger(context), plan = control.levels.current
        let levels = DataLevel.allCases.map { Choice($0.rawValue, $0.title) }
        let whole = FormField(
            "level", "整本台账", .select([Choice("", "按字段（含个人信息的为敏感，其他为内部）")] + levels), value: plan.assets[ledger.name]?.rawValue,
            help: "指定后，个人信息字段不再自动按敏感算，可在下面单独定级", isWide: true)
        let fields = ledger.fields.map { field in
            FormField(
                "field/\(field.name)", field.title, .select([Choice("", field.marks.contains(.personal) ? "随台账（个人信息）" : "随台账")] + levels),
                value: plan.assets["\(ledger.name).\(field.name)"]?.rawValue)
        }
        let form = Form(
            action: "\(Self.assets)/\(ledger.name)", sections: [FormSection(nil, [whole]), FormSection("字段", fields)], cancel: Self.assets, context: context)
        return Shell.form("定级：\(ledger.title)", crumbs: [Crumb("数据资产定级", Self.assets), Crumb(ledger.title)], active: Self.assets, form, context: context)
    }

    @Sendable func classify(request: Request, context: WebContext) async throws -> Response {
        let ledger = try ledger(context)
        let input = try await request.form(context, limit: 65_536)
        let fields = ledger.fields.reduce(into: [String: DataLevel]()) { $0[$1.name] = input["field/\($1.name)"].flatMap(DataLevel.init) }
        try await control.classify(ledger.name, title: ledger.title, as: input["level"].flatMap(DataLevel.init), fields: fields, by: context.signedIn())
        return Shell.done("已定级，即时生效", to: Self.assets, context: context)
    }
}
