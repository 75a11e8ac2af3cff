import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 局点管理 (B5.2.1.1): applying, reviewing, upgrading, suspending, closing; what each has used of its limits.
struct TenantPages: Sendable {
    let platform: Platform

    static let path = "/admin/tenants"
    static let menu = MenuItem("系统", groupEN: "System", "局点管理", "Tenants", icon: "layers", path: path, permission: "tenant.read", order: 8922)
    private static let crumbs = [Crumb("系统"), Crumb("局点管理", path)]

    private var tenants: Tenants { platform.identity.tenants }

    func add(to routes: Routes) {
        let reads = RoutePermission.named("tenant.read"), applies = RoutePermission.named("tenant.apply"), reviews = RoutePermission.named("tenant.review")
        routes.get(Self.path, permission: reads, use: list)
        routes.get("\(Self.path)/new", permission: applies) { _, context in try await applyForm(context, nil, []) }
        routes.post("\(Self.path)/new", permission: applies, use: apply)
        routes.get("\(Self.path)/organisations", permission: applies, use: organisations)
        routes.get("\(Self.path)/{id}", permission: reads, use: show)
        routes.get("\(Self.path)/{id}/review", permission: reviews) { _, context in try await reviewForm(context, nil, []) }
        routes.post("\(Self.path)/{id}/review", permission: reviews, isDangerous: true, use: review)
        routes.get("\(Self.path)/{id}/upgrade", permission: applies) { _, context in try await upgradeForm(context, nil, []) }
        routes.post("\(Self.path)/{id}/upgrade", permission: applies, use: upgrade)
        routes.get("\(Self.path)/{id}/state/{state}", permission: reviews) { _, context in try await stateForm(context, []) }
        routes.post("\(Self.path)/{id}/state/{state}", permission: reviews, isDangerous: true, use: setState)
    }

    private static func badge(_ tenant: Tenant) -> Badge {
        let tones: [Tenant.State: Tone] = [.applied: .info, .refused: .muted, .open: .good, .suspended: .orange, .closed: .muted]
        return Badge(tenant.state.title, tones[tenant.state] ?? .muted, isDot: true)
    }

    // MARK: List

    @Sendable func list(request: Request, context: WebContext) async throws -> Response {
        let scope = try context.signedIn().scope
        let window = ListWindow(context.here)
        let (state, edition) = (context.here["state"].flatMap(Tenant.State.init), context.here["edition"].flatMap(Tenant.Edition.init))
        let found = try await platform.database.read { [tenants] reader in
            try tenants.page(keyword: window.keyword, state: state, edition: edition, scope: scope, before: window.before, limit: window.limit, reader)
        }
        let (shown, pager) = window.newest(found) { $0.id }
        let rows = shown.map { tenant -> TableRow in
            let waits: Markup = tenant.wanted == nil ? .empty : " \(Badge("升级待审", .info))"
            let cells: [Markup] = [
                "\(tenant.name)", "\(tenant.organisationName)", "\(tenant.edition.title)", "\(tenant.quota.users)", "\(tenant.quota.organisations)",
                "\(Self.badge(tenant))\(waits)",
                "\(tenant.appliedByName)", "\(tenant.appliedAt)",
            ]
            return TableRow(id: String(tenant.id), cells, path: "\(Self.path)/\(tenant.id)")
        }
        let page = ListPage(
            "局点管理", at: Self.path, crumbs: [Crumb("系统"), Crumb("局点管理")], id: "tenants",
            columns: [
                Column("name", "局点名称"), Column("organisation", "顶层机构", isWrapping: true), Column("edition", "版本"), Column("users", "账号限额", align: .end),
                Column("organisations", "机构限额", align: .end), Column("state", "状态"), Column("by", "申请人"), Column("at", "申请时间"),
            ],
            filters: [
                .keyword(context, "局点、机构、联系人"), .choice("state", "状态", Tenant.State.allCases.map { Choice($0.rawValue, $0.title) }, context),
                .choice("edition", "版本", Tenant.Edition.allCases.map { Choice($0.rawValue, $0.title) }, context),
            ], empty: "还没有局点。先在机构管理中建立顶层机构，再提交局点申请，审核通过即开通",
            add: context.may("tenant.apply") ? ActionButton("申请局点", .dialog("\(Self.path)/new"), icon: "plus", style: .primary) : nil)
        return page.response(rows, pager, context)
    }

    // MARK: One

    private func tenant(_ context: WebContext) async throws -> Tenant {
        let (id, scope) = (try context.id(), try context.signedIn().scope)
        guard let found = try await platform.database.read({ [tenants] in try tenants.find(id, scope: scope, $0) }) else { throw Failure.notFound("局点") }
        return found
    }

    @Sendable func show(request: Request, context: WebContext) async throws -> Response {
        let tenant = try await tenant(context)
        let (usage, events) = try await platform.database.read { [tenants] reader in (try tenants.usage(tenant, reader), try tenants.history(of: tenant.id, reader)) }
        let path = "\(Self.path)/\(tenant.id)"
        var facts: [DescriptionList.Item] = [
            .init("状态", "\(Self.badge(tenant))"), .init("顶层机构", "\(tenant.organisationName)"), .init("行政区划", "\(tenant.area)"), .init("版本", "\(tenant.edition.title)"),
            .init("账号", "\(usage.users) / \(tenant.quota.users)"), .init("机构", "\(usage.organisations) / \(tenant.quota.organisations)"), .init("联系人", "\(tenant.contact)"),
            .init("申请", "\(tenant.appliedByName)，\(tenant.appliedAt)"), .init("用途", "\(tenant.purpose)", isWide: true),
        ]
        if let at = tenant.reviewedAt { facts.append(.init("审核", "\(tenant.reviewedByName)，\(at)：\(tenant.opinion)", isWide: true)) }
        if let wanted = tenant.wanted {
            let words = "\(wanted.edition.title)，账号 \(wanted.quota.users)，机构 \(wanted.quota.organisations)。\(wanted.byName)：\(wanted.reason)"
            facts.append(.init("升级申请", "\(words)", isWide: true))
        }
        var actions: Markup = .empty
        if context.may("tenant.review") {
            if tenant.state == .applied || tenant.wanted != nil { actions += "\(ActionButton("审核", .dialog("\(path)/review"), icon: "check", style: .primary))" }
            if tenant.state == .open { actions += "\(ActionButton("暂停", .dialog("\(path)/state/suspended"), icon: "pause"))" }
            if tenant.state == .suspended { actions += "\(ActionButton("恢复", .dialog("\(path)/state/open"), icon: "play", style: .primary))" }
            if tenant.state == .open || tenant.state == .suspended { actions += "\(ActionButton("关闭", .dialog("\(path)/state/closed"), icon: "ban", style: .danger))" }
        }
        if context.may("tenant.apply"), tenant.state == .open, tenant.wanted == nil { actions += "\(ActionButton("申请升级", .dialog("\(path)/upgrade"), icon: "up"))" }
        let timeline = Timeline(events.map { Timeline.Entry($0.at, $0.act, who: $0.byName, body: "\($0.note)", tone: .info) })
        let body: Markup = "\(Grid(.mainAside, ["\(Card("局点", body: "\(DescriptionList(facts))"))", "\(Card("办理记录", body: "\(timeline)"))"]))"
        return Shell.page(tenant.name, crumbs: Self.crumbs + [Crumb(tenant.name)], active: Self.path, actions: actions, body: body, context: context)
    }

    // MARK: Applying

    private func applyForm(_ context: WebContext, _ draft: TenantDraft?, _ findings: [FieldFinding]) async throws -> Response {
        let organisation = try await platform.database.read { [platform] reader in try draft?.organisation.flatMap { try platform.identity.organisations.find($0, reader) } }
        let fields = [
            FormField("name", "局点名称", .text, value: draft?.name, isRequired: true, maxLength: 40),
            FormField(
                "organisation", "顶层机构", .reference(url: "\(Self.path)/organisations", shown: organisation?.name ?? ""), value: draft?.organisation.map { String($0) },
                isRequired: true,
                help: "此机构及其下级的人员和数据归本局点"),
            FormField(
                "edition", "版本", .select(Tenant.Edition.allCases.map { Choice($0.rawValue, "\($0.title)（账号 \($0.quota.users)，机构 \($0.quota.organisations)）") }),
                value: draft?.edition.rawValue ?? "standard", isRequired: true),
            FormField("contact", "联系人", .text, value: draft?.contact, isRequired: true, placeholder: "姓名、电话", maxLength: 60),
            FormField("purpose", "用途", .textArea(rows: 3), value: draft?.purpose, isRequired: true, maxLength: 500, isWide: true),
        ]
        let form = Form(action: "\(Self.path)/new", sections: [FormSection(nil, fields)], submit: "提交申请", cancel: Self.path, findings: findings, context: context)
        return Shell.form("申请局点", crumbs: Self.crumbs + [Crumb("申请局点")], active: Self.path, form, context: context)
    }

    @Sendable func organisations(request: Request, context: WebContext) async throws -> Response {
        let (scope, keyword) = (try context.signedIn().scope, context.here["q"])
        let found = try await platform.database.read { [platform] reader in try platform.identity.organisations.page(keyword: keyword, scope: scope, limit: 20, reader) }
        let fitting = found.filter { $0.state == .active && $0.kind != .province }
        return .html("\(ReferenceChoices(fitting.map { Choice(String($0.id), $0.name, group: $0.kind.title) }))")
    }

    @Sendable func apply(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 65_536)
        let draft = TenantDraft(
            name: input["name"] ?? "", organisation: input["organisation"].flatMap { Int64($0) }, edition: input["edition"].flatMap(Tenant.Edition.init) ?? .standard,
            purpose: input["purpose"] ?? "", contact: input["contact"] ?? "")
        do {
            let id = try await tenants.apply(draft, by: context.signedIn())
            return Shell.done("已提交，等待审核", to: "\(Self.path)/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await applyForm(context, draft, failure.fields)
        }
    }

    // MARK: Reviewing

    private static func quotaFields(_ quota: TenantQuota, _ input: FormInput?) -> [FormField] {
        [
            FormField("users", "账号限额", .number(step: "1"), value: input?["users"] ?? String(quota.users), isRequired: true, minimum: "1", maximum: "100000"),
            FormField("organisations", "机构限额", .number(step: "1"), value: input?["organisations"] ?? String(quota.organisations), isRequired: true, minimum: "1", maximum: "50000"),
        ]
    }

    private static func quota(_ input: FormInput) -> TenantQuota {
        TenantQuota(users: input["users"].flatMap { Int($0) } ?? 0, organisations: input["organisations"].flatMap { Int($0) } ?? 0)
    }

    private func reviewForm(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let tenant = try await tenant(context)
        let what = tenant.wanted.map { "升级为\($0.edition.title)，账号 \($0.quota.users)，机构 \($0.quota.organisations)：\($0.reason)" } ?? "开通\(tenant.edition.title)：\(tenant.purpose)"
        var fields = [
            FormField("what", "申请事项", .shown("\(what)"), isWide: true),
            FormField("agrees", "结论", .radio([Choice("1", "同意"), Choice("0", "不同意")]), value: input?["agrees"] ?? "1", isRequired: true, isWide: true),
        ]
        if tenant.wanted == nil { fields += Self.quotaFields(tenant.quota, input) }
        fields.append(FormField("reason", "意见", .textArea(rows: 2), value: input?["reason"], isRequired: true, maxLength: 200, isWide: true))
        let form = Form(
            action: "\(Self.path)/\(tenant.id)/review", sections: [FormSection(nil, fields)], submit: "提交", cancel: "\(Self.path)/\(tenant.id)", findings: findings,
            context: context)
        return Shell.form("审核局点", crumbs: Self.crumbs + [Crumb(tenant.name, "\(Self.path)/\(tenant.id)"), Crumb("审核")], active: Self.path, form, context: context)
    }

    @Sendable func review(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 65_536)
        let tenant = try await tenant(context)
        let (agrees, opinion) = (input["agrees"] == "1", input["reason"] ?? "")
        do {
            if tenant.wanted != nil {
                try await tenants.decideUpgrade(tenant.id, agrees: agrees, opinion: opinion, by: context.signedIn())
            } else {
                try await tenants.review(tenant.id, agrees: agrees, quota: Self.quota(input), opinion: opinion, by: context.signedIn())
            }
        } catch let failure as Failure where failure.kind == .invalid {
            return try await reviewForm(context, input, failure.fields)
        }
        return Shell.done(agrees ? "已同意" : "已退回", to: "\(Self.path)/\(tenant.id)", context: context)
    }

    // MARK: Upgrading, suspending

    private func upgradeForm(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let tenant = try await tenant(context)
        let editions = Tenant.Edition.allCases.map { Choice($0.rawValue, "\($0.title)（账号 \($0.quota.users)，机构 \($0.quota.organisations)）") }
        var fields = [FormField("edition", "版本", .select(editions), value: input?["edition"] ?? tenant.edition.rawValue, isRequired: true, isWide: true)]
        fields += Self.quotaFields(tenant.quota, input)
        fields.append(FormField("reason", "理由", .textArea(rows: 2), value: input?["reason"], isRequired: true, maxLength: 200, isWide: true))
        let form = Form(
            action: "\(Self.path)/\(tenant.id)/upgrade", sections: [FormSection(nil, fields)], submit: "提交申请", cancel: "\(Self.path)/\(tenant.id)", findings: findings,
            context: context)
        return Shell.form("申请升级", crumbs: Self.crumbs + [Crumb(tenant.name, "\(Self.path)/\(tenant.id)"), Crumb("申请升级")], active: Self.path, form, context: context)
    }

    @Sendable func upgrade(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 65_536)
        let id = try context.id()
        do {
            try await tenants.askUpgrade(
                id, input["edition"].flatMap(Tenant.Edition.init) ?? .standard, Self.quota(input), reason: input["reason"] ?? "", by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await upgradeForm(context, input, failure.fields)
        }
        return Shell.done("已提交，等待审核", to: "\(Self.path)/\(id)", context: context)
    }

    private func target(_ context: WebContext) throws -> Tenant.State {
        guard let state = Tenant.State(rawValue: try context.path("state")), [.open, .suspended, .closed].contains(state) else { throw Failure.notFound("该操作") }
        return state
    }

    private func stateForm(_ context: WebContext, _ findings: [FieldFinding]) async throws -> Response {
        let (tenant, state) = (try await tenant(context), try target(context))
        let words = [
            Tenant.State.open: "恢复后“\(tenant.name)”的人员可以重新登录。", .suspended: "暂停后“\(tenant.name)”的全部人员立即退出登录且不能再登录，数据保留。",
            .closed: "关闭后不能再恢复：“\(tenant.name)”的全部人员不能再登录，数据按保存期限留存。",
        ]
        let title = state == .open ? "恢复局点" : state == .suspended ? "暂停局点" : "关闭局点"
        let field = FormField("reason", "原因", .textArea(rows: 2), isRequired: true, maxLength: 200, isWide: true)
        let form = Form(
            action: "\(Self.path)/\(tenant.id)/state/\(state.rawValue)", sections: [FormSection(nil, [field])], submit: title, cancel: "\(Self.path)/\(tenant.id)",
            findings: findings,
            context: context)
        return Shell.form(
            title, crumbs: Self.crumbs + [Crumb(tenant.name, "\(Self.path)/\(tenant.id)"), Crumb(title)], active: Self.path, above: "\(Notice(.yellow, "\(words[state] ?? "")"))",
            form,
            context: context)
    }

    @Sendable func setState(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 16_384)
        let (id, state) = (try context.id(), try target(context))
        do {
            try await tenants.setState(state, of: id, reason: input["reason"] ?? "", by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await stateForm(context, failure.fields)
        }
        return Shell.done(state == .open ? "已恢复" : state == .suspended ? "已暂停" : "已关闭", to: "\(Self.path)/\(id)", context: context)
    }
}
