import Exchange
import Kernel
import Ledgers
import Schedules

extension GateSupervision {
    /// What the clock asks of this domain; run on the node that leads.
    package func jobs() -> [JobDeclaration] { watchingJobs() + dailyJobs() }

    private func watchingJobs() -> [JobDeclaration] {
        [
            JobDeclaration("mobileSources.silence", "门禁离线监测", every: 20) { context in note(context, try await watch.noticeSilence(), "个门岗转为离线") },
            JobDeclaration("mobileSources.leaks", "漏传监测", every: 30) { context in note(context, try await watch.noticeLeaks(), "个门岗漏传") },
            JobDeclaration("mobileSources.missingPhotos", "照片未上传监测", every: 30) { context in note(context, try await watch.noticeMissingPhotos(), "条记录缺少照片") },
            JobDeclaration("mobileSources.retryHandDown", "失败下发重试", every: 5) { context in note(context, try await handDown.retryFailed(), "项重新下发") },
            JobDeclaration("mobileSources.timeRules", "时间规则生效", every: 5) { context in note(context, try await applyTimeRules(), "家企业切换策略") },
            JobDeclaration("mobileSources.lookalikes", "照片套用研判", every: 300) { context in
                // One interval of overlap: what was hashed while the last run was reading is seen by this one; a repeat merges.
                note(context, try await analytics.judgePictures(since: context.dueAt.adding(seconds: -360), until: context.clock.now), "条照片套用预警")
            },
            JobDeclaration("mobileSources.clockDrift", "门禁时钟监测", every: 300) { context in note(context, try await clockDrift.judge(), "个门岗时钟偏差") },
            JobDeclaration("mobileSources.weighings", "计量关联过车", every: 300) { context in note(context, try await weighings.joinWaiting(), "条计量已关联过车") },
            JobDeclaration("mobileSources.ownerFilings", "车主备案入册", every: 300) { context in note(context, try await ownerFilings.enterVisited(), "辆车主备案车辆入册") },
            JobDeclaration("mobileSources.facets", "过车检索归类", every: 30) { context in note(context, try await ledgers.foldFacets(of: GatePassEvent.ledger.name), "段过车已归类") },
            JobDeclaration("mobileSources.nonces", "接口随机数清理", every: 3600) { context in note(context, try await NonceGuard.prune(database, clock: context.clock), "条过期随机数已清理") },
        ]
    }

    private func dailyJobs() -> [JobDeclaration] {
        [
            JobDeclaration("mobileSources.accreditation", "运维授权到期", dailyAt: 5) { context in note(context, try await accreditation.expireDue(), "家运维单位授权到期") },
            JobDeclaration("mobileSources.transmission", "数据传输率日报", dailyAt: 20) { context in note(context, try await transmission.judgeYesterday(), "家企业传输率不达标") },
            JobDeclaration("mobileSources.retention", "到期清理", dailyAt: 180) { context in
                note(context, try await retention.run(), "条到期内容已清理")
                try await ledgers.mendFacets(of: GatePassEvent.ledger.name)
            },
            JobDeclaration("mobileSources.analytics", "门禁数据研判", dailyAt: 370) { context in
                note(context, try await analytics.judge(context.dueAt.day.adding(days: -1)), "条研判预警")
            },
        ]
    }
}

/// Quiet runs leave no sentence.
private func note(_ context: JobContext, _ count: Int, _ what: String) { if count > 0 { context.note("\(count) \(what)") } }
