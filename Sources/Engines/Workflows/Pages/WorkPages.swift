import Cryptography
import Hummingbird
import Identity
import Kernel
import Ledgers
import Media
import Storage
import Web

/// The to-do desk, case pages, definitions, statistics and the page for the person concerned.
package struct WorkPages: Sendable {
    let engine: WorkflowEngine
    let database: any Database
    let photos: PhotoStore
    let blobs: any BlobStore
    let keys: KeyRing
    /// Where the thing lies that a case is about; nil shows no link.
    let subjectPath: @Sendable (WorkflowSubject) -> String?

    package init(
        engine: WorkflowEngine, database: any Database, photos: PhotoStore, blobs: any BlobStore, keys: KeyRing,
        subjectPath: @escaping @Sendable (WorkflowSubject) -> String? = { _ in nil }
    ) {
        self.engine = engine
        self.database = database
        self.photos = photos
        self.blobs = blobs
        self.keys = keys
        self.subjectPath = subjectPath
    }

    package static let menu: [MenuItem] = [
        MenuItem("事项办理", groupEN: "Work", "我的事项", "My work", icon: "inbox", path: "/work", permission: nil, order: 50),
        MenuItem("事项办理", groupEN: "Work", "发起事项", "Start", icon: "send", path: "/work/new", permission: nil, order: 60),
        MenuItem("事项办理", groupEN: "Work", "委托办理", "Delegations", icon: "users", path: "/work/delegations", permission: nil, order: 62),
        MenuItem("事项办理", groupEN: "Work", "流程统计", "Workflow statistics", icon: "chart", path: "/workflow-statistics", permission: WorkflowPermission.read, order: 70),
        MenuItem("系统", groupEN: "System", "流程管理", "Workflows", icon: "flow", path: "/workflows", permission: WorkflowPermission.design, order: 9005),
    ]

    package static let permissions: [PermissionDeclaration] = [
        PermissionDeclaration(WorkflowPermission.read, "事项：查看辖区内全部事项与统计", area: "事项办理", defaultRoles: [.city, .county]),
        PermissionDeclaration(WorkflowPermission.supervise, "事项：督办、指派、终止", area: "事项办理", defaultRoles: [.city]),
        PermissionDeclaration(WorkflowPermission.design, "流程：设计与发布", area: "系统管理"),
    ]

    package func add(to routes: Routes) {
        routes.get("/work", permission: .signedIn, use: desk)
        routes.get("/work/new", permission: .signedIn, use: startable)
        routes.get("/work/new/{name}", permission: .signedIn, use: startForm)
        routes.post("/work/new/{name}", permission: .signedIn, use: start)
        routes.post("/work/batch/ask", permission: .signedIn, use: batchAsk)
        routes.post("/work/batch/do", permission: .signedIn, use: batchDo)
        routes.get("/work/delegations", permission: .signedIn, use: delegations)
        routes.get("/work/delegations/new", permission: .signedIn) { _, context in delegationForm(context, nil, []) }
        routes.post("/work/delegations/new", permission: .signedIn, use: delegate)
        routes.post("/work/delegations/{id}/revoke", permission: .signedIn, use: revokeDelegation)
        routes.get("/work/{id}", permission: .signedIn, use: casePage)
        routes.get("/work/{id}/files/{sha}", permission: .signedIn, use: file)
        routes.get("/work/{id}/steps/{step}/{transition}", permission: .signedIn, use: moveForm)
        routes.post("/work/{id}/steps/{step}/{transition}", permission: .signedIn, use: move)
        routes.get("/work/{id}/hand/{step}/{power}", permission: .signedIn, use: powerForm)
        routes.post("/work/{id}/hand/{step}/{power}", permission: .signedIn, use: power)
        routes.get("/work/{id}/do/{act}", permission: .signedIn, use: actForm)
        routes.post("/work/{id}/do/{act}", permission: .signedIn, use: act)
        routes.get("/workflow-statistics", permission: .named(WorkflowPermission.read), use: statistics)
        routes.get("/workflow-statistics/export", permission: .named(WorkflowPermission.read), use: exportStatistics)
        let design = RoutePermission.named(WorkflowPermission.design)
        routes.get("/workflows", permission: design, use: definitions)
        routes.get("/workflows/{name}", permission: design, use: definitionPage)
        routes.get("/workflows/{name}/running", permission: design, use: running)
        routes.post("/workflows/{name}/running/bring", permission: design, use: bring)
        routes.get("/workflows/{name}/simulate", permission: design, use: simulate)
        routes.get("/workflows/{name}/steps/{step}", permission: design, use: stepForm)
        routes.post("/workflows/{name}/steps/{step}", permission: design, use: keepStep)
        routes.get("/workflows/{name}/steps/{step}/field", permission: design, use: fieldForm)
        routes.post("/workflows/{name}/steps/{step}/field", permission: design, use: keepField)
        routes.post("/workflows/{name}/steps/{step}/remove", permission: design, use: removeStep)
        routes.get("/workflows/{name}/publish", permission: design, use: publishForm)
        routes.post("/workflows/{name}/publish", permission: design, use: publish)
        routes.post("/workflows/{name}/discard", permission: design, use: discard)
        routes.get("/w/{code}", permission: .open, use: concerned)
        routes.get("/w/{code}/files/{sha}", permission: .open, use: concernedFile)
        routes.get("/w/{code}/{step}/{transition}", permission: .open, use: concernedForm)
        routes.post("/w/{code}/{step}/{transition}", permission: .open, use: concernedMove)
        let api = routes.under("/api/v1")
        api.get("/work", permission: .signedIn, use: apiList)
        api.post("/work", permission: .signedIn, use: apiStart)
        api.get("/work/{id}", permission: .signedIn, use: apiCase)
        api.post("/work/{id}/steps/{step}/{transition}", permission: .signedIn, use: apiMove)
    }

    func controls(_ fields: [Field]) -> FormSheetControls { FormSheetControls(engine.sheet(fields), photos: photos, blobs: blobs, keys: keys, clock: engine.clock) }

    /// The style sheet of these pages.
    static func styles(_ context: WebContext) -> Markup { "<link rel=\"stylesheet\" href=\"\(context.site.assets.path("workflow.css"))\">" }

    /// `3 天 4 小时`, for durations people wait.
    static func duration(_ seconds: Double) -> String {
        let minutes = Int(seconds / 60)
        if minutes < 60 { return "\(max(minutes, 0)) 分钟" }
        if minutes < 1440 { return "\(minutes / 60) 小时 \(minutes % 60) 分" }
        return "\(minutes / 1440) 天 \(minutes % 1440 / 60) 小时"
    }
}

extension WorkflowCase.State {
    var tone: Tone {
        switch self {
        case .running: .info
        case .ended: .good
        case .withdrawn, .cancelled: .muted
        }
    }
}
