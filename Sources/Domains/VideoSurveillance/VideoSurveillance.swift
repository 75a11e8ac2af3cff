import Alarms
import Features
import Identity
import Kernel
import Ledgers
import Logging
import Reports
import Schedules
import Storage
import Synchronization
import Video
import Web

/// Catalogue D10.1, D10.2, with A-28, B2.4, D1.4.16, D5.9.1: cameras as a ledger, their live pictures on pages, walls, boards and beside alarms, who looked, what was captured.
package final class VideoSurveillance: Sendable {
    package let streams: StreamHouse
    private let isDemo = Mutex(false)
    private let call = Mutex<CameraCall?>(nil)

    package init(logger: Logger) { streams = StreamHouse(logger: logger) }

    /// Of alarms about a camera.
    package static let factTitles = CameraStandings.factTitles
    package static let alarmSource = CameraStandings.source

    /// Admits cameras whose pictures are drawn; only demonstrations say so.
    package func admitDemonstration() { isDemo.withLock { $0 = true } }

    /// Handed in by the App, because domains open no connections; without it nobody asks cameras that nobody looks at.
    package func use(_ call: @escaping CameraCall) { self.call.withLock { $0 = call } }

    private func desk(_ platform: Platform) -> CameraDesk {
        CameraDesk(platform: platform, streams: streams, sources: CameraSources(platform: platform) { [weak self] in self?.isDemo.withLock { $0 } ?? false })
    }

    package var feature: Feature {
        Feature(
            name: "videoSurveillance", title: "视频监控", ledgers: [Camera.ledger, CameraCapture.ledger, CameraView.ledger], dictionaries: CameraCodes.dictionaries,
            tables: CameraTables.all,
            permissions: VideoPermission.all, grants: Self.grants, menu: Self.menu, alarmKinds: [CameraStandings.offline],
            auditTitles: ["cameraWall": "视频面板", "videoSettings": "视频设置"], additions: [additions],
            prepare: { [self] platform in prepare(platform) },
            routes: { [self] routes, platform in
                let desk = desk(platform)
                LivePage(desk: desk).add(to: routes)
                StreamRoutes(desk: desk).add(to: routes)
                CameraPage(desk: desk).add(to: routes)
                WallPages(desk: desk).add(to: routes)
                NearPage(desk: desk).add(to: routes)
                VideoSettingsPages(desk: desk).add(to: routes)
            },
            jobs: { [self] platform in jobs(platform) })
    }

    private var additions: LedgerAdditions {
        LedgerAdditions(
            Camera.ledger.name,
            rowActions: [LedgerRowAction("实时画面", "Live", icon: "play", permission: VideoPermission.view) { "/cameras/\($0.id)" }],
            listActions: [LedgerListAction("实时监控", "Live view", icon: "video", path: LivePage.path, permission: VideoPermission.view)])
    }

    private func prepare(_ platform: Platform) {
        let sources = desk(platform).sources, ended = StandingQueue()
        streams.connect(sources: { try await sources.source(of: $0) }, standing: { id, reason in ended.add(id, reason) })
        standingQueue.withLock { $0 = ended }
        platform.ledgers.onPrepare(of: Camera.ledger.name) { [weak self] draft, before, _, _ in
            try Camera.check(draft, before, admitsDemo: self?.isDemo.withLock { $0 } ?? false)
        }
        platform.ledgers.onChange(of: Camera.ledger.name) { [streams] change, tx in
            guard let camera = change.record else { return }
            if change.kind == .deleted || camera.values["useState"]?.text != "inUse" {
                let number = camera.values["number"]?.text ?? ""
                try platform.alarms.clear(kind: CameraStandings.offline.name, subject: number, org: camera.org, at: platform.clock.now, reason: "摄像机已停用", in: tx)
                try tx.execute("DELETE FROM camera_states WHERE camera = \(camera.id)")
            }
            if change.kind == .deleted { try tx.execute("DELETE FROM camera_access WHERE camera = \(camera.id)") }
            if change.kind != .created { tx.afterCommit { streams.renew(camera.id) } }
        }
        platform.alarms.faces.set(
            PictureFace(permission: VideoPermission.view, path: { "\(NearPage.path)/\($0)" }) { alarm, principal, reader in
                try CamerasNear.find(alarm, for: principal, in: reader).map { camera in
                    PictureFace.Camera(
                        title: camera.name, note: camera.location, path: "/cameras/\(camera.id)", still: "/cameras/\(camera.id)/snapshot.jpg", isOnline: camera.isOnline)
                }
            })
        platform.reports.register(BoardPictures.face)
    }

    /// What streams tell, until the job writes it down; told from many tasks, and the last word of each camera counts.
    private let standingQueue = Mutex<StandingQueue?>(nil)

    private func jobs(_ platform: Platform) -> [JobDeclaration] {
        let desk = desk(platform)
        return [
            JobDeclaration("video.probe", "摄像机在线检测", every: 30) { [self] context in
                guard let call = call.withLock({ $0 }) else { return }
                let (asked, missed) = try await CameraProbe(sources: desk.sources, standings: desk.standings, streams: streams, call: call).round()
                if asked > 0 { context.note("检测 \(asked) 个，无应答 \(missed) 个") }
            },
            JobDeclaration("video.alarms", "报警自动抓图", every: 5) { context in
                let taken = try await AlarmPictures(desk: desk).round()
                if taken > 0 { context.note("抓图 \(taken) 张") }
            },
            JobDeclaration("video.views", "视频查看记录整理", dailyAt: 230) { context in context.note("补记结束 \(try await desk.viewings.settle()) 条") },
        ]
    }

    /// The streams, and what they tell; until cancelled.
    package func run(on platform: Platform) async {
        let settings = try? await platform.database.read { try VideoSettings($0) }
        if let settings { streams.limits = settings.limits }
        let standings = CameraStandings(platform: platform), queue = standingQueue.withLock { $0 }
        await withDiscardingTaskGroup { group in
            group.addTask { [streams] in await streams.run() }
            group.addTask {
                while !Task.isCancelled {
                    for (id, reason) in queue?.take() ?? [:] {
                        do { try await standings.note(id, reason) } catch {
                            if !Task.isCancelled { platform.logger.info("a camera's standing was not written", metadata: ["error": "\(error)"]) }
                        }
                    }
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    private static let menu: [MenuItem] = [
        MenuItem(Camera.group, groupEN: "Video", "实时监控", "Live view", icon: "video", path: LivePage.path, permission: VideoPermission.view, order: 100),
        MenuItem(Camera.group, groupEN: "Video", "常用面板", "Walls", icon: "columns", path: WallPages.path, permission: VideoPermission.view, order: 110),
        MenuItem(Camera.group, groupEN: "Video", "视频设置", "Video settings", icon: "settings", path: VideoSettingsPages.path, permission: VideoPermission.settings, order: 190),
    ]

    private static let grants: [LedgerGrant] = [
        LedgerGrant([Camera.ledger.name, CameraCapture.ledger.name], [.read], to: [.gridOfficer, .enterpriseGuard]),
        LedgerGrant([Camera.ledger.name, CameraCapture.ledger.name, CameraView.ledger.name], [.read, .export], to: [.county]),
        LedgerGrant([Camera.ledger.name], [.read, .write, .delete, .import, .export], to: [.city, .enterpriseAdmin]),
        LedgerGrant([CameraCapture.ledger.name, CameraView.ledger.name], [.read, .export], to: [.city, .enterpriseAdmin]),
        LedgerGrant([CameraView.ledger.name], [.read, .export], to: [.auditAdmin]),
    ]
}

/// The last word of each camera that has not been written down.
private final class StandingQueue: Sendable {
    private let held = Mutex<[Int64: VideoReason?]>([:])

    func add(_ id: Int64, _ reason: VideoReason?) { _ = held.withLock { $0.updateValue(reason, forKey: id) } }

    func take() -> [Int64: VideoReason?] {
        held.withLock { held in
            defer { held = [:] }
            return held
        }
    }
}
