import Alarms
import Features
import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// D17.9.3 攻击源封禁: who is kept out and why, by itself or by hand; each block by itself is an alarm.
struct AddressBlockPages: Sendable {
    let platform: Platform
    static let path = "/security/blocks"
    static let alarm = AlarmKind("addressBlocked", "攻击源封禁", "Address blocked", grade: .heavier, mergeWindow: 3600)

    func add(to routes: Routes) {
        let manage = RoutePermission.named(AddressBlocks.permission)
        routes.get(Self.path, permission: manage, use: list)
        routes.get(Self.path + "/new", permission: manage) { _, context in form(nil, [], context) }
        routes.post(Self.path + "/new", permission: manage, isDangerous: true, use: create)
        routes.post(Self.path + "/{id}/end", permission: manage, isDangerous: true, use: end)
    }

    /// Told in the transaction of the block itself.
    static func register(on platform: Platform) {
        platform.identity.blocks.onBlock { [alarms = platform.alarms, clock = platform.clock] block, tx in
            let text = "\(block.network) \(block.reason)，已自动封禁至 \(block.until.map { "\($0)" } ?? "解除为止")"
            let signal = AlarmSignal(
                kind: alarm.name, org: nil, area: nil, subject: block.network, occurredAt: clock.now, title: text,
                facts: ["address": .string(block.network), "reason": .string(block.reason)], reasons: [AlarmReason("addressBlocked", text)])
            _ = try alarms.raise(signal, by: .system("攻击源识别"), in: tx)
        }
    }

    private enum Standing: String, CaseIterable {
        case living, over

        var title: String { self == .living ? "封禁中" : "已结束" }
    }

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let window = ListWindow(context.here), now = platform.clock.now
        var conditions: [SQL] = ["1 = 1"]
        if let before = window.before { conditions.append("id < \(before)") }
        if let keyword = window.keyword { conditions.append(.contains(keyword, in: "network", "reason", "made_by_name")) }
        switch context.here["state"].flatMap(Standing.init) {
        case .living: conditions.append("ended_at IS NULL AND (until_at IS NULL OR until_at > \(now))")
        case .over: conditions.append("(ended_at IS NOT NULL OR until_at <= \(now))")
        case nil: break
        }
        if let way = context.here["way"] { conditions.append("is_automatic = \(way == "auto")") }
        let condition = SQL.all(of: conditions)
        let found = try await platform.database.read { [blocks = platform.identity.blocks] in try blocks.list(condition, limit: window.limit, $0) }
        let (shown, pager) = window.newest(found) { $0.id }
        let rows = shown.map { row($0, now) }
        let columns = [
            Column("network", "地址或网段"), Column("reason", "原因", isWrapping: true), Column("way", "方式"), Column("at", "封禁时间"), Column("by", "封禁人"), Column("until", "封禁至"),
            Column("state", "状态"),
        ]
        let policy = platform.identity.policies.current
        let rule: Markup =
            policy.blockAfter > 0
            ? "\(Notice(.info, "同一地址 10 分钟内可疑请求达到 \(policy.blockAfter) 次，自动封禁 \(policy.blockMinutes) 分钟并报警；阈值与不封禁的网段在“登录与密码规则”中设定。"))"
            : "\(Notice(.yellow, "自动封禁已关闭，可在“登录与密码规则”中启用。"))"
        let list = ListPage(
            "封禁地址", at: Self.path, crumbs: [Crumb(SecurityMenu.group), Crumb("封禁地址")], id: "blocks", columns: columns,
            filters: [
                .keyword(context, "地址、原因、封禁人"), .choice("state", "状态", Standing.allCases.map { Choice($0.rawValue, $0.title) }, context),
                .choice("way", "方式", [Choice("auto", "自动"), Choice("hand", "人工")], context),
            ], empty: "没有封禁记录。持续试猜口令、扫描探测或超频访问的地址会自动出现在这里，也可以人工封禁",
            add: ActionButton("封禁地址", .dialog(Self.path + "/new"), icon: "ban", style: .primary), above: rule)
        return list.response(rows, pager, context)
    }

    private func row(_ block: AddressBlock, _ now: Moment) -> TableRow {
        let isLiving = block.isLiving(at: now)
        let state: Markup = isLiving ? "\(Badge("封禁中", .red, isDot: true))" : block.endedAt != nil ? "\(Badge("\(block.endedBy ?? "")解除", .muted))" : "\(Badge("已到期", .muted))"
        let end = ActionButton("解除", .post("\(Self.path)/\(block.id)/end", confirm: "解除后 \(block.network) 可立即访问平台。确定？"), icon: "check", style: .quiet)
        let until = block.until.map { "\($0)" } ?? "长期"
        return TableRow(
            id: String(block.id),
            [
                "<span class=\"mono\">\(block.network)</span>", "\(block.reason)", "\(block.isAutomatic ? "自动" : "人工")", "\(block.madeAt)", "\(block.madeBy)", "\(until)", state,
            ], actions: isLiving ? "\(end)" : .empty)
    }

    private func form(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) -> Response {
        let fields = [
            FormField("network", "地址或网段", .text, value: input?["network"], isRequired: true, help: "如 203.0.113.7 或 203.0.113.0/24", maxLength: 60, isWide: true),
            FormField("reason", "原因", .textArea(rows: 2), value: input?["reason"], isRequired: true, maxLength: 200, isWide: true),
            FormField("hours", "时长（小时）", .number(step: "1"), value: input?["hours"] ?? "24", help: "1–8760；不填为长期，直到解除"),
        ]
        let form = Form(action: Self.path + "/new", sections: [FormSection(nil, fields)], submit: "封禁", cancel: Self.path, findings: findings, context: context)
        return Shell.form("封禁地址", crumbs: [Crumb(SecurityMenu.group), Crumb("封禁地址", Self.path), Crumb("封禁")], active: Self.path, form, context: context)
    }

    @Sendable func create(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 16_384)
        let typed = (input["hours"] ?? "").trimmedSpaces
        do {
            // What is no number is out of every range.
            let hours = typed.isEmpty ? nil : Int(typed) ?? 0
            try await platform.identity.blocks.block((input["network"] ?? "").trimmedSpaces, reason: (input["reason"] ?? "").trimmedSpaces, hours: hours, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return form(input, failure.fields, context)
        }
        return Shell.done("已封禁，即时生效", to: Self.path, context: context)
    }

    @Sendable func end(request: Request, context: WebContext) async throws -> Response {
        try await platform.identity.blocks.end(context.id(), by: context.signedIn())
        return Shell.refreshed("已解除", context: context, request: request)
    }
}
