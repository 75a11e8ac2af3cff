import Identity
import Kernel
import Media
import Messages
import Storage
import Web

/// The alarm desk, its detail pages, statistics and JSON API.
package struct AlarmPages: Sendable {
    let engine: AlarmEngine
    let database: any Database
    let photos: PhotoStore
    let settings: Settings
    let packages = PackageDesk()
    let inflow: AlarmInflow

    /// What the pages cannot know by themselves.
    package struct Settings: Sendable {
        /// Chinese titles of the members of facts, such as (`plateNo`, `号牌号码`), in the order they are shown; members without a title come last under their names.
        package var factTitles: [(name: String, title: String)]
        /// Chinese texts of coded facts: (`direction`, `1`) → `进`; nil shows the value as it is.
        package var factText: @Sendable (String, String) -> String?
        /// Where the record lies that an alarm was seen on; nil shows no link.
        package var sourcePath: @Sendable (AlarmSource) -> String?
        /// Where a recording is played: camera, from, to; nil shows the reference only.
        package var videoPath: @Sendable (String, Moment, Moment) -> String?
        /// Buttons that a domain adds to an alarm's page, such as asking for reconsideration.
        package var actions: @Sendable (Alarm, Principal) -> [ActionButton]
        /// Where packages and lists are written before they are sent; emptied by nobody else.
        package var workFolder: String
        /// Sends short messages to whoever answers for an alarm; nil offers none.
        package var messages: MessageEngine?

        package init(
            factTitles: [(name: String, title: String)] = [], factText: @escaping @Sendable (String, String) -> String? = { _, _ in nil },
            sourcePath: @escaping @Sendable (AlarmSource) -> String? = { _ in nil },
            videoPath: @escaping @Sendable (String, Moment, Moment) -> String? = { _, _, _ in nil },
            actions: @escaping @Sendable (Alarm, Principal) -> [ActionButton] = { _, _ in [] }, workFolder: String, messages: MessageEngine? = nil
        ) {
            self.factTitles = factTitles
            self.factText = factText
            self.sourcePath = sourcePath
            self.videoPath = videoPath
            self.actions = actions
            self.workFolder = workFolder
            self.messages = messages
        }
    }

    package init(engine: AlarmEngine, database: any Database, photos: PhotoStore, settings: Settings) {
        self.engine = engine
        self.database = database
        self.photos = photos
        self.settings = settings
        inflow = AlarmInflow(engine: engine, database: database)
    }

    package static let menu: [MenuItem] = [
        MenuItem("监测报警", groupEN: "Alarms", "报警处理", "Alarm desk", icon: "siren", path: "/alarms", permission: AlarmPermission.read, order: 300),
        MenuItem("监测报警", groupEN: "Alarms", "报警统计", "Alarm statistics", icon: "chart", path: "/alarms/statistics", permission: AlarmPermission.read, order: 310),
        MenuItem("监测报警", groupEN: "Alarms", "报警质量", "Alarm quality", icon: "trend", path: "/alarms/quality", permission: AlarmPermission.read, order: 320),
        MenuItem("监测报警", groupEN: "Alarms", "报警分析", "Alarm analysis", icon: "pie", path: "/alarms/analysis", permission: AlarmPermission.read, order: 315),
        MenuItem("监测报警", groupEN: "Alarms", "报警大屏", "Alarm wall", icon: "monitor", path: "/alarms/wall", permission: AlarmPermission.read, order: 305),
        MenuItem("企业自助", groupEN: "Enterprise desk", "报警答复", "Answer alarms", icon: "message", path: "/alarms/answers", permission: AlarmPermission.answer, order: 525),
        MenuItem("监测报警", groupEN: "Alarms", "停用免报", "Suppression", icon: "pause", path: "/alarm-suppressions", permission: AlarmPermission.read, order: 330),
        MenuItem("监测报警", groupEN: "Alarms", "分级方案", "Grading", icon: "layers", path: "/alarm-schemes", permission: AlarmPermission.configure, order: 340),
        MenuItem("监测报警", groupEN: "Alarms", "推送规则", "Push rules", icon: "send", path: "/alarm-push-rules", permission: AlarmPermission.configure, order: 345),
    ]

    package func add(to routes: Routes) {
        let read = RoutePermission.named(AlarmPermission.read), export = RoutePermission.named(AlarmPermission.export)
        routes.get("/alarms", permission: read, use: desk)
        routes.get("/alarms/statistics", permission: read, use: statistics)
        routes.get("/alarms/export", permission: export, use: exportList)
        routes.get("/alarms/quality", permission: read, use: quality)
        routes.get("/alarms/quality/export", permission: export, use: exportQuality)
        addAnalysis(to: routes)
        addJudging(to: routes)
        routes.get("/alarms/wall", permission: read, use: wall)
        routes.get("/alarms/new", permission: .named(AlarmPermission.report), use: reportForm)
        routes.post("/alarms/new", permission: .named(AlarmPermission.report), use: report)
        routes.get("/alarms/organisations", permission: read, use: organisationChoices)
        routes.get("/alarms/people", permission: .named(AlarmPermission.configure), use: peopleChoices)
        routes.post("/alarms/batch/accept", permission: read, use: batchAccept)
        routes.post("/alarms/batch/ask", permission: read, use: batchAsk)
        routes.post("/alarms/batch/{action}", permission: read, use: batchDo)
        routes.get("/alarms/{id}", permission: read, use: detail)
        routes.get("/alarms/{id}/print", permission: read, use: printed)
        routes.get("/alarms/{id}/package", permission: export, use: package)
        routes.get("/alarms/{id}/photos/{sha256}", permission: read, use: photo)
        routes.get("/alarms/{id}/clips/{sha256}", permission: read, use: clip)
        routes.get("/alarms/{id}/evidence", permission: read, use: evidenceForm)
        routes.post("/alarms/{id}/evidence", permission: read, use: addEvidence)
        routes.get("/alarms/{id}/comment", permission: read, use: commentForm)
        routes.post("/alarms/{id}/comment", permission: read, use: addComment)
        routes.get("/alarms/{id}/act/{action}", permission: read, use: actionForm)
        routes.post("/alarms/{id}/act/{action}", permission: read, use: act)
        routes.get("/alarms/{id}/near", permission: read, use: near)
        routes.get("/alarms/{id}/follow", permission: read, use: followForm)
        routes.post("/alarms/{id}/follow", permission: read, use: follow)
        addAnswers(to: routes)
        addCurves(to: routes)
        addSchemes(to: routes)
        addPushRules(to: routes)
        addSuppressions(to: routes)
        let api = routes.under("/api/v1")
        api.post("/alarm-signals", permission: .named(AlarmPermission.report), use: apiSignals)
        api.get("/alarms", permission: read, use: apiList)
        api.get("/alarms/statistics", permission: read, use: apiStatistics)
        api.get("/alarms/{id}", permission: read, use: apiDetail)
        api.post("/alarms/{id}/transitions", permission: read, use: apiTransition)
    }
}

extension AlarmGrade {
    package var tone: Tone {
        switch self {
        case .ordinary: .yellow
        case .heavier: .orange
        case .severe, .extreme: .red
        }
    }

    func text(_ context: WebContext) -> String { context.text(title, titleEN) }
}

extension AlarmState {
    package var tone: Tone {
        switch self {
        case .new: .orange
        case .handling: .info
        case .reconsidering: .blue
        case .confirmed: .red
        case .revoked: .muted
        case .closed: .good
        }
    }

    func text(_ context: WebContext) -> String { context.text(title, titleEN) }
}

/// The area's name where it is known.
func areaTitle(_ code: String?) -> String {
    guard let code, !code.isEmpty else { return "" }
    return Region(code: code)?.title ?? code
}
