import HTTPTypes
import Hummingbird
import Identity
import Kernel
import Storage
import Web

extension DutyPages {
    /// `GET /duty/groups`.
    @Sendable
    func groups(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let (found, shifts) = try await database.read { [engine] in (try engine.groups(by: principal, in: $0), try engine.shifts(in: $0)) }
        let rows = found.map { group in
            TableRow(
                id: "\(group.id)",
                [
                    "\(group.title)", "\(group.leader)", "\(group.phone)",
                    "\(group.shifts.compactMap { id in shifts.first { $0.id == id }.map { "\($0.title) \($0.hours)" } }.joined(separator: "、"))",
                    "\(group.members.map(\.name).joined(separator: "、"))", "\(group.teams.count)",
                ], path: "/duty?group=\(group.id)", actions: "\(ActionButton("修改", .dialog("/duty/groups/\(group.id)"), style: .quiet))")
        }
        let columns = [
            Column("title", "值班组"), Column("leader", "组长"), Column("phone", "手机号"), Column("shifts", "班次", isWrapping: true), Column("members", "值班人员", isWrapping: true),
            Column("teams", "班组数", align: .end),
        ]
        let add: Markup = "\(ActionButton("建值班组", .dialog("/duty/groups/new"), icon: "plus", style: .primary))"
        let table = DataTable(id: "groups", columns: columns, rows: rows, address: context.here, empty: "还没有值班组", emptyAction: add)
        return Shell.page(context.text("值班组", "Groups"), crumbs: [Crumb("值班值守")], active: "/duty/groups", actions: add, body: table.markup, context: context)
    }

    /// `GET /duty/groups/{at}`: an id, or `new`.
    @Sendable
    func groupForm(request: Request, context: WebContext) async throws -> Response { try await groupForm(nil, [], context) }

    private func groupForm(_ input: FormInput?, _ findings: [FieldFinding], _ context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let at = try context.path("at")
        let (group, shifts, people) = try await database.read { [engine] reader in
            let group = try Int64(at).map { try engine.group($0, by: principal, in: reader) }
            let users = try reader.rows(
                """
                SELECT u.id, u.name, o.name AS org FROM users u JOIN organisations o ON o.id = u.organisation WHERE u.state = 'active' AND \(principal.scope.condition(org: "o.id", area: "o.area")) \
                AND o.kind <> 'enterprise' ORDER BY o.id, u.name LIMIT 300
                """)
            return (group, try engine.shifts(in: reader), users.map { Choice(String($0.int("id") ?? 0), $0.text("name") ?? "", group: $0.text("org")) })
        }
        let teams = (group?.teams ?? []).map { team in group?.members.filter { $0.team == team }.map { ($0.isLeader ? "*" : "") + String($0.user) }.joined(separator: ",") ?? "" }
        var fields = [
            FormField("title", "值班组名称", .text, value: input?["title"] ?? group?.title, isRequired: true, maxLength: 40),
            FormField("leader", "组长姓名", .text, value: input?["leader"] ?? group?.leader, maxLength: 30),
            FormField("phone", "手机号", .text, value: input?["phone"] ?? group?.phone, maxLength: 20),
            FormField(
                "shifts", "班次", .multiSelect(shifts.map { Choice(String($0.id), "\($0.title) \($0.hours)") }),
                values: input?.all("shifts") ?? group?.shifts.map { String($0) } ?? [], isWide: true),
        ]
        for number in 1...4 {
            let mine = (teams.indices.contains(number - 1) ? teams[number - 1] : "").split(separator: ",").map { String($0.replacing("*", with: "")) }
            fields.append(
                FormField(
                    "team\(number)", "第 \(number) 班组", .dropdown(people), values: input?.all("team\(number)") ?? mine, help: number == 1 ? "同一班组的人一起值班；只有一人一组的，每组选一人" : nil,
                    placeholder: "未选", isWide: true))
        }
        let leaders = (group?.members ?? []).filter(\.isLeader).map { String($0.user) }
        fields.append(FormField("leaders", "带班人员", .dropdown(people), values: input?.all("leaders") ?? leaders, help: "须在某一班组内", placeholder: "未选", isWide: true))
        let form = Form(action: "/duty/groups/\(at)", sections: [FormSection(nil, fields)], cancel: "/duty/groups", findings: findings, context: context)
        return Shell.form(
            group?.title ?? "建值班组", crumbs: [Crumb("值班组", "/duty/groups"), Crumb(group?.title ?? "新建")], active: "/duty/groups",
            form, context: context)
    }

    /// `POST /duty/groups/{at}`.
    @Sendable
    func keepGroup(request: Request, context: WebContext) async throws -> Response {
        let principal = try context.signedIn()
        let at = try context.path("at")
        let input = try await request.form(context)
        var group = DutyGroup(
            title: input["title"] ?? "", leader: input["leader"] ?? "", phone: input["phone"] ?? "", org: nil, area: principal.area,
            shifts: input.all("shifts").compactMap { Int64($0) })
        if let id = Int64(at) { group = try await kept(group, id, by: principal) }
        let leaders = Set(input.all("leaders"))
        var seen: Set<String> = []
        group.members = (1...4).flatMap { team in
            input.all("team\(team)").filter { seen.insert($0).inserted }.compactMap { text in
                Int64(text).map { DutyGroup.Member(user: $0, name: "", team: team, isLeader: leaders.contains(text)) }
            }
        }
        let draft = group
        do {
            let id = try await database.write { [engine] in try engine.keep(draft, by: principal, in: $0) }
            return Shell.done("已保存", to: "/duty?group=\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid { return try await groupForm(input, failure.fields, context) }
    }

    /// What a form does not ask stays as it is.
    private func kept(_ draft: DutyGroup, _ id: Int64, by principal: Principal) async throws -> DutyGroup {
        let known = try await database.read { [engine] in try engine.group(id, by: principal, in: $0) }
        var group = draft
        group.id = id
        group.org = known.org
        group.area = known.area
        return group
    }
}
