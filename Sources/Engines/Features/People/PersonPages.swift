import Hummingbird
import Identity
import Kernel
import Ledgers
import Storage
import Web

/// What a person's file leads to: linking accounts, leaving with all of them.
struct PersonPages: Sendable {
    let platform: Platform

    static let path = "/admin/persons"
    private static let list = "/ledgers/\(PersonFile.ledger.name)"

    func add(to routes: Routes) {
        let writes = RoutePermission.named("user.write")
        routes.get("\(Self.path)/{id}/link", permission: writes) { _, context in try await linkForm(context, "", []) }
        routes.post("\(Self.path)/{id}/link", permission: writes, use: link)
        routes.post("\(Self.path)/{id}/unlink/{user}", permission: writes, use: unlink)
        routes.get("\(Self.path)/{id}/departure", permission: writes) { _, context in try await departureForm(context, [:], []) }
        routes.post("\(Self.path)/{id}/departure", permission: writes, isDangerous: true, use: Routes.guarded(.userChange, depart))
    }

    private var desk: PersonDesk { PersonDesk(platform) }

    private func person(_ context: WebContext) async throws -> Record {
        guard let found = try await platform.ledgers.find(PersonFile.ledger.name, id: context.id(), by: context.signedIn()) else { throw Failure.notFound("人员档案") }
        return found
    }

    private func crumbs(_ person: Record, _ last: String) -> [Crumb] {
        [Crumb("系统"), Crumb("人员档案", Self.list), Crumb(person[PersonFile.name] ?? "", "\(Self.list)/\(person.id)"), Crumb(last)]
    }

    // MARK: Accounts

    private func linkForm(_ context: WebContext, _ login: String, _ findings: [FieldFinding]) async throws -> Response {
        let person = try await person(context)
        let fields = [
            FormField("who", "人员", .shown("\(person[PersonFile.name])"), isWide: true),
            FormField("login", "登录名", .text, value: login, isRequired: true, help: "须是已有账号；一人可有多个账号", maxLength: 32, isWide: true),
        ]
        let form = Form(
            action: "\(Self.path)/\(person.id)/link", sections: [FormSection(nil, fields)], submit: "关联", cancel: "\(Self.list)/\(person.id)", findings: findings, context: context)
        return Shell.form("关联账号", crumbs: crumbs(person, "关联账号"), active: Self.list, form, context: context)
    }

    @Sendable func link(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 16_384)
        let id = try context.id()
        do {
            try await desk.link(input["login"] ?? "", to: id, by: context.signedIn())
        } catch let failure as Failure where failure.kind == .invalid {
            return try await linkForm(context, input["login"] ?? "", failure.fields)
        }
        return Shell.done("已关联", to: "\(Self.list)/\(id)", context: context)
    }

    @Sendable func unlink(request: Request, context: WebContext) async throws -> Response {
        try await desk.unlink(context.id("user"), from: context.id(), by: context.signedIn())
        return Shell.done("已解除关联", to: "\(Self.list)/\(try context.id())", context: context)
    }

    // MARK: Leaving

    private func departureForm(_ context: WebContext, _ chosen: [Int64: Int64], _ findings: [FieldFinding]) async throws -> Response {
        let person = try await person(context)
        let scope = try context.signedIn().scope
        let choices = try await platform.database.read { [platform] reader in
            let accounts = try PersonAccount.all(of: person.id, reader).filter { !$0.hasLeft }
            let own = Set(accounts.map(\.user))
            return try accounts.map { account in
                let search = UserSearch(organisation: account.organisation, state: .active)
                let people = try platform.identity.users.page(search, scope: scope, limit: 200, reader).filter { !own.contains($0.id) }
                return (account: account, people: people)
            }
        }
        let name = person[PersonFile.name] ?? ""
        var fields = choices.map { choice in
            FormField(
                "successor\(choice.account.user)", "账号 \(choice.account.login) 的接收人", .select(choice.people.map { Choice(String($0.id), "\($0.name)（\($0.login)）") }),
                value: chosen[choice.account.user].map { String($0) }, isRequired: true,
                help: choice.people.isEmpty
                    ? "“\(choice.account.organisationName)”没有其他在用的账号，请先在用户管理中为接手人开通账号" : "\(choice.account.organisationName)，\(choice.account.roles)", isWide: true)
        }
        fields.append(FormField("roles", "角色", .check("同时把各账号的角色授予接收人"), value: "", isWide: true))
        let form = Form(
            action: "\(Self.path)/\(person.id)/departure", sections: [FormSection(nil, fields)], submit: "办理离岗", cancel: "\(Self.list)/\(person.id)", findings: findings,
            context: context)
        let words = choices.isEmpty ? "“\(name)”没有在用的账号，办理后档案记为已离岗。" : "办理后“\(name)”的 \(choices.count) 个账号立即退出登录并停用，角色、岗位、证书、终端全部收回，经办事项转给接收人。"
        return Shell.form("办理离岗", crumbs: crumbs(person, "办理离岗"), active: Self.list, above: "\(Notice(.yellow, "\(words)"))", form, context: context)
    }

    @Sendable func depart(request: Request, context: WebContext) async throws -> Response {
        let input = try await request.form(context, limit: 65_536)
        let id = try context.id()
        var successors: [Int64: Int64] = [:]
        for item in input.items where item.name.hasPrefix("successor") {
            if let account = Int64(item.name.dropFirst(9)), let heir = Int64(item.value) { successors[account] = heir }
        }
        do {
            let moved = try await desk.leave(id, successors: successors, roles: input["roles"] == "1", by: context.signedIn())
            let text = moved.filter { $0.count > 0 }.map { "\($0.title) \($0.count) 项" }.joined(separator: "、")
            return Shell.done("已办理离岗" + (text.isEmpty ? "" : "，移交\(text)"), to: "\(Self.list)/\(id)", context: context)
        } catch let failure as Failure where failure.kind == .invalid {
            return try await departureForm(context, successors, failure.fields)
        }
    }
}
