//! User extensions.

use super::observed;

// Goal: extensions keep out of GS1's namespaces and carry no personal numbers; identifiers are not
// mistaken for such. Method: a table; the resident number is GB 11643's published sample.
#[test]
fn extensions() {
    observed(&[
        (r#""ext:note": "fine", "ilmd": null"#, "WRONG_TYPE/ilmd"),
        (r#""ext:driver": "110105194912310021""#, ""),
        (r#""ext:driver": "11010519491231002X""#, "PERSON_NUMBER/ext:driver"),
        (r#""ext:driver": {"ext:id": ["a", "ID 11010519491231002X."]}"#, "PERSON_NUMBER/ext:driver/ext:id/1"),
        (r#""ext:phone": 13812345678"#, "MOBILE_NUMBER/ext:phone"),
        (r#""ext:phone": ["+86 13812345678"]"#, "MOBILE_NUMBER/ext:phone"),
        (r#""ext:amount": 13812345678.5"#, ""),
        (r#""ext:a": [[1, "13812345678"]]"#, "MOBILE_NUMBER/ext:a/0/1"),
        (r#""ext:by": "zhang@qq.com""#, "PRIVATE_EMAIL/ext:by"),
        (r#""ext:truck": "京A12345""#, "LICENCE_PLATE/ext:truck"),
        (r#""ext:uuid": "urn:uuid:404d95fc-9457-4a51-bd6a-13812345678a""#, ""),
        (r#""ext:item": "urn:epc:id:sgtin:0614141.107346.13812345678""#, ""),
        (r#""readPoint": {"id": "urn:a:b", "ext:phone": "13812345678"}"#, "MOBILE_NUMBER/readPoint/ext:phone"),
        (
            r#""sensorElementList": [{"sensorReport": [{"type": "Count", "value": 1, "ext:by": "13812345678"}]}]"#,
            "MOBILE_NUMBER/sensorElementList/0/sensorReport/0/ext:by",
        ),
        (r#""cbvmda:lotNumber": "A1", "gs1:note": "x""#, ""),
        (r#""cbv:note": "x""#, "RESERVED_NAMESPACE/cbv:note"),
        (r#""ext:a": {"epcis:b": "x"}"#, "RESERVED_NAMESPACE/ext:a/epcis:b"),
    ]);
}
