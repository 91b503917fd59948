//! Times and sensor data.

use super::observed;

// Goal: times are in their order. Method: before, equal, after, and no time at all.
#[test]
fn times() {
    let sensor = |metadata: &str, report: &str| {
        format!(
            r#""sensorElementList": [{{"sensorMetadata": {{{metadata}}}, "sensorReport": [{{"type": "Count", "value": 1{report}}}]}}]"#
        )
    };
    observed(&[
        (r#""recordTime": "2026-11-21T12:00:00Z""#, ""),
        (r#""recordTime": "2026-11-21T19:59:59+08:00""#, "RECORD_BEFORE_EVENT/recordTime"),
        (r#""recordTime": "yesterday""#, "BAD_TIME/recordTime"),
        (r#""errorDeclaration": {"declarationTime": "2026-11-21T12:00:00Z"}"#, ""),
        (
            r#""errorDeclaration": {"declarationTime": "2026-11-21T11:00:00Z"}"#,
            "DECLARED_BEFORE_EVENT/errorDeclaration/declarationTime",
        ),
        (&sensor(r#""time": "2026-11-21T12:00:00Z""#, ""), ""),
        (
            &sensor(r#""time": "2026-11-21T12:00:00.001Z""#, ""),
            "SENSOR_AFTER_EVENT/sensorElementList/0/sensorMetadata/time",
        ),
        (
            &sensor("", r#", "time": "2026-11-21T13:00:00Z""#),
            "SENSOR_AFTER_EVENT/sensorElementList/0/sensorReport/0/time",
        ),
        (&sensor(r#""startTime": "2026-11-21T10:00:00Z", "endTime": "2026-11-21T11:00:00Z""#, ""), ""),
        (
            &sensor(r#""startTime": "2026-11-21T11:00:00Z", "endTime": "2026-11-21T10:00:00Z""#, ""),
            "SENSOR_PERIOD/sensorElementList/0/sensorMetadata/startTime",
        ),
        (
            &sensor(r#""time": "2026-11-21T11:00:00Z", "endTime": "2026-11-21T11:00:00Z""#, ""),
            "SENSOR_TIME_AND_PERIOD/sensorElementList/0/sensorMetadata/time",
        ),
        (
            &sensor(r#""time": "2026-11-21T11:00:00Z""#, r#", "time": "2026-11-21T11:00:00Z""#),
            "SENSOR_TWICE/sensorElementList/0/sensorReport/0/time",
        ),
        (
            &sensor(r#""deviceID": "urn:a:b""#, r#", "deviceID": "urn:a:b""#),
            "SENSOR_TWICE/sensorElementList/0/sensorReport/0/deviceID",
        ),
        (
            &sensor(r#""deviceID": "urn:epc:id:giai:0614141""#, ""),
            "EPC-COMPONENTS/sensorElementList/0/sensorMetadata/deviceID",
        ),
    ]);
}

// Goal: a sensor report says something, and nothing impossible. Method: a table of reports.
#[test]
fn sensor_reports() {
    let at = "/sensorElementList/0/sensorReport/0";
    let rows = [
        (r#""type": "Temperature", "value": 26.0, "uom": "CEL""#, String::new()),
        (
            r#""type": "Temperature", "minValue": 1, "maxValue": 3, "meanValue": 2, "sDev": 0.5, "uom": "CEL""#,
            String::new(),
        ),
        (r#""type": "Temperature", "percRank": 50, "percValue": 12.7, "uom": "CEL""#, String::new()),
        (r#""type": "Temperature", "stringValue": "warm""#, String::new()),
        (r#""exception": "ERROR_CONDITION""#, String::new()),
        (r#""type": "Dimensionless", "value": 1"#, String::new()),
        (r#""type": "ext:Own", "value": 1"#, String::new()),
        (r#""type": "ext:Own", "ext:value": "1""#, String::new()),
        (r#""type": "Temperature", "value": "26""#, "WRONG_TYPE{at}/value".replace("{at}", at)),
        (r#""type": "Temperature""#, format!("SENSOR_EMPTY{at}")),
        (r#""type": "Temperature", "uom": "CEL""#, format!("SENSOR_EMPTY{at} SENSOR_UNIT_ALONE{at}/uom")),
        (r#""type": "Speed", "component": "x""#, format!("SENSOR_EMPTY{at} SENSOR_COMPONENT_ALONE{at}/component")),
        (r#""type": "Temperature", "value": 26.0"#, format!("SENSOR_NO_UNIT{at}")),
        (r#""type": "Temperature", "value": 26.0, "uom": "°C""#, format!("UNKNOWN_UNIT{at}/uom")),
        (
            r#""type": "Temperature", "minValue": 10, "maxValue": 9.5, "uom": "CEL""#,
            format!("SENSOR_RANGE{at}/minValue"),
        ),
        (
            r#""type": "Temperature", "minValue": -1, "maxValue": 1e1, "meanValue": 11, "uom": "CEL""#,
            format!("SENSOR_MEAN{at}/meanValue"),
        ),
        (r#""type": "Temperature", "value": 1, "sDev": -0.1, "uom": "CEL""#, format!("SENSOR_DEVIATION{at}/sDev")),
        (
            r#""type": "Temperature", "percRank": 101, "percValue": 1, "uom": "CEL""#,
            format!("SENSOR_RANK{at}/percRank"),
        ),
        (r#""type": "Temperature", "percRank": -1, "percValue": 1, "uom": "CEL""#, format!("SENSOR_RANK{at}/percRank")),
        (r#""type": "Temperature", "percRank": 5"#, format!("SENSOR_RANK_PAIR{at}/percRank")),
        (r#""type": "Temperature", "percValue": 5, "uom": "CEL""#, format!("SENSOR_RANK_PAIR{at}/percValue")),
    ];
    for (report, expected) in rows {
        observed(&[(&format!(r#""sensorElementList": [{{"sensorReport": [{{{report}}}]}}]"#), &expected)]);
    }
}
