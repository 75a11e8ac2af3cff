import Kernel
import Storage

/// An account as it stands now: what a login checks and a session stands for.
struct Account: Sendable {
    var principal: Principal
    /// `/1/17/`: the organisations above and its own.
    var organisationPath: String
    var passwordHash: String
    var passwordChangedAt: Moment
    var mustChange: Bool
    var lockedUntil: Moment?
    /// The account and its organisation are both in use.
    var isActive: Bool
    /// After which it cannot be used, whatever its state; nil for never.
    var expiresAt: Moment?
    /// The last login, or what an administrator did to the account after it.
    var lastUsedAt: Moment
    var secondFactor: SecondFactorRecord?
    /// When a temporary grant begins or ends next; nil when none does.
    var changesAt: Moment?
    /// The tenant that is suspended or closed, where one is; then nobody of it comes in.
    var closedTenant: String?

    /// By id or login; nil when there is none.
    ///
    /// - Parameter unit: the unit in whose post the person acts, where it still gives roles; otherwise the account's own roles count.
    static func load(where condition: SQL, at now: Moment, in unit: Int64? = nil, _ reader: any Reader) throws -> Account? {
        let found = try reader.first(
            """
            SELECT u.*, o.name AS organisation_name, o.kind AS organisation_kind, o.state AS organisation_state, o.area AS organisation_area, o.path AS organisation_path
            FROM users u JOIN organisations o ON o.id = u.organisation WHERE \(condition)
            """)
        guard let row = found, let id = row.int("id"), let home = row.int("organisation") else { return nil }
        let posts = try ActingPost.all(of: id, reader)
        let post = posts.first { $0.unit == unit }
        let place = try post.flatMap { try reader.first("SELECT kind, area, path FROM organisations WHERE id = \($0.organisation)") }
        let organisation = post?.organisation ?? home
        let kind = (place?.text("kind") ?? row.text("organisation_kind")).flatMap(Organisation.Kind.init)
        let area = place?.text("area") ?? row.text("organisation_area") ?? ""
        let grants = try reader.rows("SELECT role_id, from_at, until_at FROM temporary_grants WHERE user_id = \(id) AND until_at > \(now) AND revoked_at IS NULL")
        let granted = post != nil ? [] : grants.filter { ($0.moment("from_at") ?? now) <= now }.compactMap { $0.int("role_id") }
        let held: SQL =
            post.map { "SELECT role_id FROM unit_post_roles WHERE user_id = \(id) AND unit_id = \($0.unit)" } ?? "SELECT role_id FROM user_roles WHERE user_id = \(id)"
        let roles = try reader.rows("SELECT id, name, scope, kinds FROM roles WHERE id IN (\(held)) OR id IN (\(list: granted)) ORDER BY id")
            .filter { row in kind.map { (row.text("kinds") ?? "").split(separator: ",").map(String.init).contains($0.rawValue) } ?? false }
        let given = try reader.rows("SELECT permission FROM role_permissions WHERE role_id IN (\(list: roles.compactMap { $0.int("id") }))").compactMap { $0[0].text }
        let rules = roles.compactMap { $0.text("scope").flatMap(ScopeRule.init) }
        let homePath = row.text("organisation_path") ?? "", path = place?.text("path") ?? homePath
        let bound = try PermissionBound.find(path: path, reader)
        let ownTenant = try TenantStanding.find(above: homePath, reader), tenant = post == nil ? ownTenant : try TenantStanding.find(above: path, reader)
        var scope = Self.scope(of: rules, organisation: organisation, area: area, supervises: kind?.supervises ?? false)
        if case .grids = scope {
            // Who looks after no grid sees nothing, the authority's own rows included.
            let reach = try GridReach.load(of: id, in: post?.unit, reader)
            scope = reach.paths.isEmpty ? .nothing : .grids(reach)
        }
        if let tenant { scope = try tenant.narrowed(scope, own: path, reader) }
        var principal = Principal(
            kind: .user, id: id, login: row.text("login") ?? "", name: row.text("name") ?? "", organisation: organisation,
            organisationName: post?.organisationName ?? row.text("organisation_name") ?? "",
            area: area.isEmpty ? nil : area, roles: roles.compactMap { $0.text("name") }, permissions: bound.cut(Set(given)), scope: scope)
        principal.bound = bound.isEmpty ? nil : bound
        (principal.post, principal.posts) = (post, posts)
        principal.limits = try GrantLimits.binding(id, roles: roles.compactMap { $0.int("id") }, reader)
        let used = [row.moment("last_login_at"), row.moment("created_at"), row.moment("updated_at")].compactMap { $0 }.max()
        return Account(
            principal: principal, organisationPath: path, passwordHash: row.text("password_hash") ?? "",
            passwordChangedAt: row.moment("password_changed_at") ?? Moment(milliseconds: 0),
            mustChange: row.bool("must_change"), lockedUntil: row.moment("locked_until"),
            isActive: row.text("state") == "active" && row.text("organisation_state") == "active" && ownTenant?.isOpen != false && tenant?.isOpen != false,
            expiresAt: row.moment("expires_at"), lastUsedAt: used ?? Moment(milliseconds: 0), secondFactor: SecondFactorRecord(row),
            changesAt: grants.flatMap { [$0.moment("from_at"), $0.moment("until_at")] }.compactMap { $0 }.filter { $0 > now }.min(),
            closedTenant: [ownTenant, tenant].compactMap { $0 }.first { !$0.isOpen }?.name)
    }

    /// The widest of the roles' rules; an area only for those who supervise one. Grids are still to be filled in.
    static func scope(of rules: [ScopeRule], organisation: Int64, area: String, supervises: Bool) -> DataScope {
        if rules.contains(.everything) { return .everything }
        if rules.contains(.ownArea), supervises, !area.isEmpty { return .areas([area]) }
        if rules.contains(.ownGrids), supervises { return .grids(GridReach(paths: [], organisations: [])) }
        return rules.contains(.ownOrganisation) ? .organisation(organisation) : .nothing
    }

    /// Why it may not sign in although the password is right; nil when it may.
    func refusal(_ policy: SignInPolicy, from address: String, at now: Moment) -> Failure? {
        if let closedTenant { return Failure(.forbidden, "JW-I112", "局点“\(closedTenant)”已暂停服务，请联系平台管理员") }
        guard isActive else { return Failure(.forbidden, "JW-I012", "账号或所属机构已停用，请联系管理员") }
        if let expiresAt, now >= expiresAt { return Failure(.forbidden, "JW-I018", "账号已于 \(expiresAt.day.text) 到期，请联系管理员") }
        if policy.dormantDays > 0, now >= lastUsedAt.adding(seconds: Int64(policy.dormantDays) * 86_400) {
            return Failure(.forbidden, "JW-I019", "账号超过 \(policy.dormantDays) 天未登录，已停用，请联系管理员解冻")
        }
        if !policy.admits(address: address, administrator: principal.isAdministrator) { return Failure(.forbidden, "JW-I013", "不允许从此网络地址（\(address)）登录，请使用规定的终端") }
        if !policy.admits(now) { return Failure(.forbidden, "JW-I014", "当前不在允许登录的时段内") }
        return nil
    }
}
