import Hummingbird
import Identity
import Kernel
import Storage
import Web

/// 岗位 (D16.1.2): what a post gives, chosen on its unit's page; in which of several posts a person acts, chosen after signing in and in the head of every page.
struct PostPages: Sendable {
    let platform: Platform

    private static let own = "/account/posts"
    private var posts: Posts { platform.identity.posts }

    func add(to routes: Routes) {
        routes.get(Self.own, permission: .signedIn, use: choose)
        routes.post(Self.own, permission: .signedIn, use: act)
        routes.post("\(Self.own)/main", permission: .signedIn, use: prefer)
        let writes = RoutePermission.named("organisation.write")
        routes.get("/admin/units/{id}/members/{user}/post", permission: writes) { _, context in try await form(context, nil, []) }
        routes.post("/admin/units/{id}/members/{user}/post", permission: writes, isDangerous: true, use: Routes.guarded(.roleChange, give))
    }

    // MARK: One's own

    @Sendable func choose(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (posts, account) = try await platform.database.read { [platform] reader in
            (try platform.identity.posts.all(of: principal.id, reader), try platform.identity.users.find(principal.id, reader))
        }
        let next = AccountPages.inside(context.here["next"], context)
        let hasMain = posts.contains(where: \.isMain)
        let rows =
            [row(nil, "本职", account?.organisationName ?? "", isMain: !hasMain, principal, next, context)]
            + posts.map { row($0.unit, $0.fullTitle, $0.organisationName, isMain: $0.isMain, principal, next, context) }
        let table = DataTable(
            id: "posts", columns: [Column("post", "岗位"), Column("organisation", "所在机构", isWrapping: true), Column("main", "登录时"), Column("act", "当前")],
            rows: posts.isEmpty ? [] : rows, address: context.here, empty: "您没有可切换的岗位。岗位由管理员在“组织树”中授予", hasTools: false)
        let note = posts.isEmpty ? Markup.empty : "\(Notice(.info, "您有多个岗位。权限和数据范围只按当前岗位计算，切换立即生效并记入审计日志。"))"
        let onwards = posts.isEmpty ? Markup.empty : "<p>\(ActionButton("以当前岗位继续", .link(next), icon: "right", style: .primary))</p>"
        return Shell.page("选择岗位", crumbs: [Crumb("我的账号"), Crumb("选择岗位")], active: "", body: "\(note)\(table)\(onwards)", context: context)
    }

    private func row(_ unit: Int64?, _ title: String, _ organisation: String, isMain: Bool, _ principal: Principal, _ next: String, _ context: WebContext) -> TableRow {
        let isHere = principal.post?.unit == unit
        let number = unit.map { String($0) } ?? ""
        func button(_ action: String, _ words: String, _ style: String) -> Markup {
            """
            <form method="post" action="\(action)" hx-boost="false" class="inline-form"><input type="hidden" name="_csrf" value="\(context.csrf)"><input type="hidden" name="unit" value="\(number)">\
            <input type="hidden" name="next" value="\(next)"><button type="submit" class="btn \(style) btn-small">\(words)</button></form>
            """
        }
        let main: Markup = isMain ? "\(Badge("默认岗位", .info))" : button("\(Self.own)/main", "设为默认", "btn-quiet")
        let here: Markup = isHere ? "\(Badge("当前岗位", .good, isDot: true))" : button(Self.own, "切换到此岗位", "btn-primary")
        return TableRow(id: number.isEmpty ? "own" : number, ["\(title)", "\(organisation)", main, here])
    }

    @Sendable func act(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 16_384)
        let title = try await posts.act(in: input["unit"].flatMap { Int64($0) }, by: context.signedIn())
        let next = input["next"] ?? context.site.settings.homePath
        return Shell.done("已切换到“\(title)”", to: AccountPages.inside(next, context), context: context)
    }

    @Sendable func prefer(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 16_384)
        try await posts.prefer(input["unit"].flatMap { Int64($0) }, by: context.signedIn())
        return Shell.done("已设为登录时的默认岗位", to: PageAddress(Self.own, ["next": input["next"]]).text, context: context)
    }

    // MARK: What a post gives

    private func form(_ context: WebContext, _ input: FormInput?, _ findings: [FieldFinding]) async throws -> Response {
        let (id, user, scope) = (try context.id(), try context.id("user"), try context.signedIn().scope)
        let found = try await platform.database.read { [platform] reader -> (Unit, UnitMember, [User.HeldRole], [Role], Organisation?)? in
            let identity = platform.identity
            guard let unit = try identity.units.find(id, scope: scope, reader), let member = try identity.units.members(of: unit, reader).first(where: { $0.user == user }) else {
                return nil
            }
            return (
                unit, member, try identity.posts.roles(in: id, reader)[user] ?? [], try identity.roles.all(reader), try identity.organisations.find(unit.org, reader)
            )
        }
        guard let (unit, member, held, all, owner) = found else { throw Failure.notFound("此人的岗位") }
        let apart = Set(DutySeparation.administrators.map(\.rawValue))
        let fitting = all.filter { role in !apart.contains(role.name) && (owner.map { role.kinds.contains($0.kind) } ?? false) }
        let values = input?.all("roles") ?? held.map { String($0.id) }
        let isMain = input.map { $0["main"] == "1" } ?? member.isActive
        let fields = [
            FormField("who", "人员", .shown("\(member.userName)（\(member.login)）"), isWide: true),
            FormField("post", "岗位", .shown("\(unit.name) \(member.post)"), isWide: true),
            FormField(
                "roles", "岗位角色", .multiSelect(fitting.map { Choice(String($0.id), "\($0.title)（\($0.scope.title)）") }), values: values,
                help: "在此岗位上只有这些角色，数据范围按\(owner?.name ?? "该单位所属机构")计算；不选则岗位只作说明", isWide: true),
            FormField(
                "standing", "任职方式", .select(PostStanding.allCases.map { Choice($0.rawValue, $0.title) }), value: input?["standing"] ?? member.standing.rawValue, isRequired: true,
                help: "两人共管的岗位设正职、副职各一人"),
            FormField("main", "默认岗位", .check("登录后先进入此岗位"), value: isMain ? "1" : ""),
        ]
        let form = Form(
            action: "/admin/units/\(unit.id)/members/\(user)/post", sections: [FormSection(nil, fields)], cancel: "/admin/units/\(unit.id)", findings: findings, context: context)
        return Shell.form(
            "岗位授权", crumbs: [Crumb("系统"), Crumb("组织树", "/admin/units"), Crumb(unit.name, "/admin/units/\(unit.id)"), Crumb("岗位授权")], active: "/admin/units", form, context: context)
    }

    @Sendable func give(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 65_536)
        let id = try context.id()
        do {
            try await posts.give(
                input.all("roles").compactMap { Int64($0) }, standing: input["standing"].flatMap(PostStanding.init) ?? .regular, isMain: input["main"] == "1",
                to: context.id("user"), in: id, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await form(context, input, failure.fields)
        }
        return Shell.done("已保存，下一次操作起生效", to: "/admin/units/\(id)", context: context)
    }
}
